import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { fiveProviders, type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { type Answer, bytes, json, sse } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.close())

/** Every run of eight characters of the secret part: none of them may come through in an error. */
function partsOf(key: string): string[] {
  const from = key.indexOf('Qz7X')
  return Array.from({ length: key.length - from - 7 }, (_, at) => key.slice(from + at, from + at + 8))
}
const formsOf = (key: string) => [key, encodeURIComponent(key), Buffer.from(key).toString('base64').replace(/=+$/, '')]

async function ask(provider: (typeof fiveProviders)[number], answer: Answer) {
  const { token } = await journey.newOrg()
  const undo = journey.upstream.on(/./, answer)
  const seen = await rawCall(journey.ownkey.url, nativeCalls[provider](token))
  undo()
  const fromProvider = seen.headers.filter(([name]) => !/^ownkey-/i.test(name))
  return { seen, all: `${fromProvider.flat().join('\n')}\n${seen.text}` }
}

describe.each(fiveProviders)('%s echoes its key', (provider) => {
  const key = canaryKeys[provider]
  const half = key.slice(0, Math.ceil(key.length / 2))
  const echoes: [string, string][] = [
    ['whole', `Incorrect API key provided: ${key}. You can find`],
    ['in base64', `Authorization: Basic ${Buffer.from(key).toString('base64')}`],
    ['URL-encoded', `https://api.test/v1?key=${encodeURIComponent(key)}&alt=json`],
    ['its first half', `Incorrect API key provided: ${half}`],
    ['its second half', `key ending in ${key.slice(half.length)} is wrong`],
    ['masked in the middle', `Incorrect API key provided: ${key.slice(0, 12)}${'*'.repeat(20)}${key.slice(-4)}.`],
    ['as JSON in JSON', JSON.stringify(JSON.stringify({ key }))],
  ]

  test.each(echoes)('%s, in an error body', async (_name, message) => {
    for (const [encoding, pack] of [
      [undefined, (text: string) => Buffer.from(text)],
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
    ] as const) {
      const packed = pack(JSON.stringify({ error: { message, code: 'invalid_api_key' }, detail: { message } }))
      const headers = { 'content-type': 'application/json', ...(encoding && { 'content-encoding': encoding }) }
      const { seen, all } = await ask(provider, bytes(packed, { status: 401, headers }))
      expect(seen.status).toBe(401)
      expect(seen.header('content-encoding')).toBeUndefined()
      expect(seen.json().error.code).toBe('invalid_api_key')
      for (const part of [...partsOf(key), ...formsOf(key)]) expect(all).not.toContain(part)
    }
  })

  test('in headers that pass, of an error and of an answer', async () => {
    for (const status of [401, 200]) {
      const headers = {
        'x-request-id': `for ${key}`,
        'x-ratelimit-key': Buffer.from(key).toString('base64'),
        etag: key,
      }
      const { all } = await ask(provider, json({ error: status === 401 ? {} : undefined }, { status, headers }))
      for (const form of formsOf(key)) expect(all).not.toContain(form)
    }
  })

  test('in an answer and in a stream split at every byte', async () => {
    for (const form of formsOf(key)) {
      const events = [`before ${form} behind`, { data: { text: `"${form}"` } }, '[DONE]']
      for (const pieceBytes of [1, 3, 17]) {
        const { seen } = await ask(provider, sse(events, { pieceBytes }))
        expect(seen.text).not.toContain(form)
        expect(seen.text).toContain(`before ${'*'.repeat(form.length)} behind`)
        expect(seen.text).toMatch(/\[DONE\]\n\n$/)
      }
      const { seen } = await ask(provider, json({ choices: [], note: `before ${form}` }))
      expect(seen.text).not.toContain(form)
      expect(seen.broken).toBe(false)
    }
  })
})

test('of a packed answer that passes, too, nothing is told', async () => {
  const key = canaryKeys.openai
  const packed = gzipSync(JSON.stringify({ choices: [], echo: key }))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const { seen } = await ask('openai', bytes(packed, { headers }))
  expect(seen.body.equals(packed)).toBe(true)
})

test('in an error whose packing is broken, cut off or unknown the key is not there to be unpacked', async () => {
  const key = canaryKeys.openai
  const packed = gzipSync(JSON.stringify({ error: { code: 'invalid_api_key', message: `wrong: ${key}` } }))
  const type = { 'content-type': 'application/json' }
  const cutOff = bytes(packed.subarray(0, packed.length - 9), {
    status: 401,
    headers: { ...type, 'content-encoding': 'gzip' },
  })
  const { seen, all } = await ask('openai', cutOff)
  expect([seen.status, seen.header('ownkey-error')]).toEqual([401, 'invalid_key'])
  expect(seen.text).toContain('invalid_api_key')
  for (const part of partsOf(key)) expect(all).not.toContain(part)
  const unknown = await ask('openai', bytes(packed, { status: 401, headers: { ...type, 'content-encoding': 'zstd' } }))
  expect([unknown.seen.status, unknown.seen.header('ownkey-error')]).toEqual([401, 'invalid_key'])
  expect(unknown.seen.body).toHaveLength(0)
})

test('a key cut in half by the end of the answer is not told either', async () => {
  const key = canaryKeys.openai
  const { seen } = await ask(
    'openai',
    bytes(`ends with ${key.slice(0, 30)}`, { headers: { 'content-type': 'text/plain' } }),
  )
  expect(seen.text).toBe(`ends with ${'*'.repeat(30)}`)
})
