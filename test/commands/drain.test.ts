/** A real `ownkey serve` that is asked to stop in the middle of its work. */
import { describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { openCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { end, hang, head, script, signal, startUpstream, until, write } from '../support/upstream.ts'

describe('SIGTERM with 200 open streams', () => {
  async function start(): Promise<{
    ownkey: RunningOwnkey
    close(): Promise<void>
    open(path: string): ReturnType<typeof openCall>
    finish(): void
    /** Whether the provider was asked for this. */
    arrived(path: string): boolean
  }> {
    const upstream = await startUpstream()
    const done = signal()
    const begin = [head(200, { 'content-type': 'text/event-stream' }), write('data: {"choices":[]}\n\n')]
    upstream.on('/v1/finite', script(...begin, until(done.raised), write('data: [DONE]\n\n'), end()))
    upstream.on('/v1/endless', script(...begin, hang))
    upstream.on('/v1/silent', hang)
    const ownkey = await startOwnkey({
      process: 'child',
      database: 'postgres',
      config: {
        providers: { openai: { platformKey: canaryPlatformKey, baseUrl: upstream.origin } },
        features: { assistant: { title: 'Assistant' } },
        plans: { standard: { verify: 'format_only', fallback: { mode: 'never' } } },
      },
    })
    await ownkey.putOrg('acme')
    await ownkey.putKey('acme', 'openai', canaryKeys.openai)
    const token = await ownkey.token({ org: 'acme', feature: 'assistant' })
    return {
      ownkey,
      finish: () => done.raise(),
      arrived: (path) => upstream.journal.requests.some((request) => request.path === path),
      open: (path) =>
        openCall(ownkey.url, {
          method: 'POST',
          path: `/openai${path}`,
          headers: { authorization: `Bearer ${token}` },
          body: '{}',
        }),
      async close() {
        await ownkey.close()
        await upstream.close()
      },
    }
  }

  test('lets those finish that do, cuts the others within 30 seconds, and settles every one', async () => {
    const { ownkey, open, finish, arrived, close } = await start()
    const finite = await Promise.all(Array.from({ length: 150 }, () => open('/v1/finite')))
    const endless = await Promise.all(Array.from({ length: 50 }, () => open('/v1/endless')))
    const cutWith: string[] = []
    const cutAfter: number[] = []
    let askedAt = Number.NaN
    const over = (stream: (typeof finite)[number]) =>
      new Promise<boolean>((resolve) => {
        let text = ''
        stream
          .on('error', () => {})
          .on('data', (bytes) => {
            text += bytes
          })
        stream.once('close', () => {
          if (!stream.complete) {
            cutWith.push(text.split('data: ').at(-1) as string)
            cutAfter.push(performance.now() - askedAt)
          }
          resolve(stream.complete)
        })
      })
    const silent = open('/v1/silent')
    // A connection that nobody has taken yet when the server stops listening is the system's to refuse.
    await expect.poll(() => arrived('/v1/silent'), { timeout: 20_000 }).toBe(true)
    const ends = [finite, endless].map((streams) => Promise.all(streams.map(over)))
    const child = ownkey.child()
    const { url } = ownkey
    askedAt = performance.now()
    child.process.kill('SIGTERM')
    await child.line((line) => line.includes('"stopping"'))
    await expect
      .poll(
        () =>
          fetch(`${url}/healthz`).then(
            () => 'answers',
            () => 'refused',
          ),
        { timeout: 20_000 },
      )
      .toBe('refused')
    // Some take their time, and have it.
    await new Promise((resolve) => setTimeout(resolve, askedAt + 3_000 - performance.now()))
    finish()
    expect(new Set(await ends[0])).toEqual(new Set([true]))
    expect(new Set(await ends[1])).toEqual(new Set([false]))
    expect(Math.min(...cutAfter)).toBeGreaterThan(28_000)
    expect(Math.max(...cutAfter)).toBeLessThan(33_000)
    expect(cutWith.map((words) => JSON.parse(words).error.code)).toEqual(Array(50).fill('unavailable'))
    const told = await silent
    expect([told.statusCode, told.headers['ownkey-error'], told.headers['retry-after']]).toEqual([
      503,
      'unavailable',
      '1',
    ])
    told.resume()
    expect(await child.ended).toMatchObject({ code: 0, signal: null })
    await ownkey.atRest(async (database) => {
      const rows = await database.query('select state, count(*) as count from entries group by state')
      expect(rows).toContainEqual({ state: 'settled', count: 200 })
      expect(rows).toContainEqual({ state: 'released', count: 1 })
      expect(rows).toHaveLength(2)
    })
    await close()
  })
})
