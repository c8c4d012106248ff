import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { type Answer, bytes, end, head, script, write } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey?.close())

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }
const whole = JSON.stringify({ choices: [{ message: { content: 'Hällo' } }], usage })
const events = `data: {"choices":[{"delta":{"content":"Hällo"}}]}\n\ndata: {"choices":[],"usage":${JSON.stringify(usage)}}\n\n`

async function ask(answer: Answer) {
  const { org, token } = await journey.newOrg()
  const undo = journey.upstream.on(/./, answer)
  const seen = await rawCall(journey.ownkey.url, nativeCalls.openai(token))
  undo()
  const [entry] = (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items
  return { seen, entry }
}

const counted = { inputTokens: 11, outputTokens: 7, estimated: false }
const behind = Buffer.from('and more')
const broken = Buffer.from(gzipSync(whole)).fill(0xff, 20, 30)

const json = 'application/json'
const sse = 'text/event-stream'

/** What the head says, the body as it is, and what the books can know of it. */
const odd: [what: string, type: string, encoding: string, body: Buffer, books: object][] = [
  ['deflate without its wrapper', json, 'deflate', deflateRawSync(whole), counted],
  ['events in deflate without its wrapper', sse, 'deflate', deflateRawSync(events), counted],
  ['text that is called gzip', json, 'gzip', Buffer.from(whole), counted],
  ['events that are called brotli', sse, 'br', Buffer.from(events), counted],
  ['text that is called identity', json, 'identity', Buffer.from(whole), counted],
  ['events in gzip and identity', sse, 'gzip, identity', gzipSync(events), counted],
  ['gzip with more behind it', json, 'gzip', Buffer.concat([gzipSync(whole), behind]), {}],
  ['brotli with more behind it', json, 'br', Buffer.concat([brotliCompressSync(whole), behind]), counted],
  ['gzip that is broken in the middle', json, 'gzip', broken, {}],
]

test.each(odd)('%s passes as it is and stands in the books', async (_what, type, encoding, body, books) => {
  const headers = { 'content-type': type, 'content-encoding': encoding }
  const pieces = Array.from({ length: Math.ceil(body.length / 13) }, (_, at) =>
    write(body.subarray(at * 13, at * 13 + 13)),
  )
  for (const answer of [
    bytes(body, { headers }),
    bytes(body, { headers, framing: 'chunked' }),
    script(head(200, headers), ...pieces, end()),
  ]) {
    const { seen, entry } = await ask(answer)
    expect([seen.status, seen.header('content-encoding'), seen.broken]).toEqual([200, encoding, false])
    expect(seen.body.equals(body)).toBe(true)
    expect(entry).toMatchObject({ state: 'settled', status: 200, ...books })
  }
})

test.each(['text/plain;charset=UTF-8', 'application/octet-stream'])(
  'an answer and an error that are called %s are read',
  async (type) => {
    for (const framing of ['length', 'chunked'] as const) {
      const { seen, entry } = await ask(bytes(whole, { headers: { 'content-type': type }, framing }))
      expect([seen.text, seen.header('content-type')]).toEqual([whole, type])
      expect(entry).toMatchObject({ state: 'settled', ...counted })
      const quota = JSON.stringify({ error: { message: 'x', type: 'insufficient_quota', code: 'insufficient_quota' } })
      const failed = await ask(bytes(quota, { headers: { 'content-type': type }, framing }))
      expect([failed.seen.text, failed.seen.header('ownkey-error')]).toEqual([quota, 'quota_exhausted'])
    }
  },
)

test('a key in what is not packed as it says is not told', async () => {
  const echo = JSON.stringify({ echo: canaryKeys.openai })
  for (const [encoding, body] of [
    ['gzip', echo],
    ['deflate', deflateRawSync(echo)],
  ] as const) {
    const { seen } = await ask(bytes(body, { headers: { 'content-type': json, 'content-encoding': encoding } }))
    expect(seen.json()).toEqual({ echo: '[key removed]' })
    expect(seen.header('content-encoding')).toBeUndefined()
  }
})

test('an error that is not packed as it says is read, and told unpacked', async () => {
  const error = { error: { message: 'Nope', type: 'insufficient_quota', code: 'insufficient_quota' } }
  const text = JSON.stringify(error)
  for (const [encoding, body] of [
    ['gzip', text],
    ['identity', text],
    ['deflate', deflateRawSync(text)],
  ] as const) {
    const headers = { 'content-type': json, 'content-encoding': encoding }
    const { seen } = await ask(bytes(body, { status: 429, headers }))
    expect([seen.status, seen.header('ownkey-error')]).toEqual([429, 'quota_exhausted'])
    expect(seen.json()).toEqual(error)
  }
})
