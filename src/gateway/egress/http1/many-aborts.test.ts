/** What must never happen, tried so often that it would: an exchange that hears, or sends, a byte of another one. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectorTo, openOrigin } from '../../../../test/support/open-origin.ts'
import { Heard, turns } from '../../../../test/support/wire-server.ts'

const exchanges = Number(process.env['CHAOS_ROUNDS'] ?? 1) > 1 ? 200_000 : 20_000
const lanes = 64

/** The same numbers every time. */
function drawn(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const word = (exchange: number) => `${exchange};`
/** True when these bytes are the beginning of the exchange's own. */
const isOwn = (text: string, exchange: number) => word(exchange).repeat(text.length).startsWith(text)

test(`of ${exchanges} exchanges, most given up in the middle, none has a foreign byte`, async () => {
  const draw = drawn(20_261_121)
  const foreign: string[] = []
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const exchange = Number(req.url?.slice(1))
    let uploaded = ''
    req.setEncoding('latin1').on('data', (text: string) => {
      uploaded += text
      if (!isOwn(uploaded, exchange)) foreign.push(`upload of ${exchange}`)
    })
    res.on('error', () => undefined)
    const mode = draw(4)
    if (mode !== 0) await once(req, 'end').catch(() => undefined)
    const pieces = 1 + draw(4)
    if (mode === 1) res.setHeader('content-length', pieces * word(exchange).length)
    if (mode === 2) res.setHeader('connection', 'close')
    for (let i = 0; i < pieces && !res.destroyed; i++) {
      res.write(word(exchange))
      if (draw(2) === 0) await turns(1)
    }
    res.end()
  }
  const server = createServer((req, res) => void answer(req, res))
  // Not TCP: so many connections in so short a time would use up the ports.
  const folder = mkdtempSync(join(tmpdir(), 'many-aborts-'))
  const path = join(folder, 'socket')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const origin = openOrigin('http://provider.test', connectorTo(path))

  let aborted = 0
  let completed = 0
  let next = 0
  const upload = async function* (exchange: number) {
    for (let i = draw(4); i >= 0; i--) {
      if (draw(2) === 0) await turns(1)
      yield Buffer.from(word(exchange))
    }
  }
  const exchangeOnce = async (exchange: number) => {
    const where = ['headers', 'data', 'later', 'later', 'later', 'never', 'never'][draw(7)]
    let abort: (error: Error) => void = () => undefined
    const given = new Error('given up')
    const isSlow = draw(3) === 0
    const heard = new Heard({
      wants: !isSlow,
      before: (call) => {
        if (call === 'data' && isSlow) setImmediate(() => heard.resume())
        if (call === where) abort(given)
        if (call === 'data' && !isOwn(heard.body, exchange)) foreign.push(`answer to ${exchange}`)
      },
    })
    const body = draw(2) === 0 ? null : draw(2) === 0 ? Buffer.from(word(exchange)) : upload(exchange)
    abort = origin.ask({ method: 'POST', path: `/${exchange}`, body }, heard).abort
    if (where === 'later') {
      await turns(draw(8))
      abort(given)
    }
    await heard.over
    // Too late, all of it.
    heard.resume()
    abort(new Error('again'))
    const ends = heard.calls.filter((call) => call === 'complete' || call === 'error')
    if (ends.length !== 1) foreign.push(`end of ${exchange}`)
    if (heard.error === undefined) completed++
    else if (heard.error === given) aborted++
    else if (!['EPIPE', 'ECONNRESET'].includes(String((heard.error as NodeJS.ErrnoException).code))) throw heard.error
    if (exchange % 500 === 0) origin.ticks(1)
  }
  try {
    const lane = async () => {
      while (next < exchanges) await exchangeOnce(next++)
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    expect(foreign).toEqual([])
    expect(aborted).toBeGreaterThan(exchanges / 2)
    expect(completed).toBeGreaterThan(exchanges / 4)
    await origin.close()
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(folder, { recursive: true })
  }
}, 600_000)
