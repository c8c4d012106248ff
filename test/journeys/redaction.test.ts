import { randomBytes } from 'node:crypto'
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { fiveProviders, type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { type Answer, bytes, end, head, json, script, sse, write } from '../support/upstream.ts'

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
  const { org, token } = await journey.newOrg()
  const undo = journey.upstream.on(/./, answer)
  const seen = await rawCall(journey.ownkey.url, nativeCalls[provider](token)).finally(undo)
  const fromProvider = seen.headers.filter(([name]) => !/^ownkey-/i.test(name))
  const requests = async () => (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items
  return { seen, all: `${fromProvider.flat().join('\n')}\n${seen.text}`, requests }
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

  test.each(echoes)('%s, in an error that opens a stream', async (_name, message) => {
    const error = { type: 'error', error: { message, code: 'invalid_api_key', type: 'authentication_error' } }
    const { seen, all } = await ask(provider, sse([{ event: 'error', data: error }], { pieceBytes: 7 }))
    expect([seen.status, seen.header('ownkey-error'), seen.broken]).toEqual([200, 'invalid_key', false])
    for (const part of [...partsOf(key), ...formsOf(key)]) expect(all).not.toContain(part)
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

describe.each([
  ['gzip', gzipSync, gunzipSync],
  ['deflate', deflateSync, inflateSync],
  ['br', brotliCompressSync, brotliDecompressSync],
] as const)('an answer packed by %s', (encoding, pack, unpack) => {
  const key = canaryKeys.openai
  const type = { 'content-type': 'application/json', 'content-encoding': encoding }
  const long = Array.from({ length: 4_000 }, (_, at) => `${at} ${Math.sin(at)}`)

  test('passes byte for byte where it tells no key, and is in the books when it is over', async () => {
    for (const packed of [pack('{"choices":[]}'), pack(JSON.stringify(long)), pack('')]) {
      for (const framing of ['length', 'chunked'] as const) {
        const { seen, requests } = await ask('openai', bytes(packed, { headers: type, framing }))
        expect([seen.status, seen.header('content-encoding'), seen.broken]).toEqual([200, encoding, false])
        expect(seen.body.equals(packed)).toBe(true)
        expect(await requests()).toMatchObject([{ state: 'settled', status: 200 }])
      }
    }
  })

  test('that tells the key is unpacked, and told without it', async () => {
    for (const form of formsOf(key)) {
      const { seen, all, requests } = await ask(
        'openai',
        bytes(pack(JSON.stringify({ choices: [], echo: form })), { headers: type }),
      )
      expect([seen.status, seen.header('content-encoding'), seen.broken]).toEqual([200, undefined, false])
      expect(seen.json()).toEqual({ choices: [], echo: '[key removed]' })
      expect(all).not.toContain(form)
      expect(await requests()).toMatchObject([{ state: 'settled' }])
    }
  })

  /** What can be unpacked of an answer that broke off. */
  const readable = (packed: Buffer) =>
    unpack(packed, {
      finishFlush: encoding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH,
    }).toString()
  const inPieces = (packed: Buffer, length: number) =>
    Array.from({ length: Math.ceil(packed.length / length) }, (_, at) =>
      write(packed.subarray(at * length, at * length + length)),
    )

  test('that ends within the key is told without it, or ends before it', async () => {
    const cut = key.slice(0, -3)
    for (const framing of ['length', 'chunked'] as const) {
      const { seen } = await ask('openai', bytes(pack(`"${cut}`), { headers: type, framing }))
      expect([seen.text, seen.header('content-encoding')]).toEqual(['"sk-[key removed]', undefined])
    }
    const packed = pack(`${JSON.stringify(long).slice(0, -1)},"${cut}`)
    const { seen } = await ask('openai', script(head(200, type), ...inPieces(packed, 97), end()))
    expect(seen.broken).toBe(true)
    expect(readable(seen.body)).toContain('"1000 ')
    for (const part of partsOf(key)) expect(readable(seen.body)).not.toContain(part)
  })

  test('that tells the key at once and is too long to be kept back is broken off', async () => {
    const packed = pack(`"${key}${randomBytes(300_000).toString('latin1')}"`)
    const asked = ask('openai', script(head(200, type), ...inPieces(packed, 50_000), end()))
    await expect(asked).rejects.toThrow('socket hang up')
  })

  test('that tells the key in the middle ends before it does', async () => {
    const packed = pack(JSON.stringify([...long, key, ...long]))
    const { seen, requests } = await ask('openai', script(head(200, type), ...inPieces(packed, 97), end()))
    expect([seen.status, seen.broken]).toEqual([200, true])
    const read = readable(seen.body)
    expect(read).toContain('"1000 ')
    for (const part of partsOf(key)) expect(read).not.toContain(part)
    expect(await requests()).toMatchObject([{ state: 'settled' }])
  })
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
