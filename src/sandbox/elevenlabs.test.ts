import { ElevenLabs, ElevenLabsClient, ElevenLabsError } from '@elevenlabs/elevenlabs-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30, pieceMs: 0 })
})
afterAll(() => sandbox.close())

const client = (behaviour: string) =>
  new ElevenLabsClient({ baseUrl: sandbox.baseUrl('elevenlabs'), apiKey: `sk_sandbox-${behaviour}`, maxRetries: 0 })
const voice = 'JBFqnCBsd6RMkjVDRZzb'
const request = { text: 'hello there', modelId: 'eleven_flash_v2_5' }

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts)
}

test.each([
  ['mp3_44100_128', 'ID3'],
  ['mp3_22050_32', 'ID3'],
  ['wav_44100', 'RIFF'],
  ['opus_48000_64', 'OggS'],
] as const)('speech comes as %s', async (outputFormat, magic) => {
  const sound = await bytesOf(
    await client('ok').textToSpeech.convert(voice, { ...request, outputFormat: outputFormat as never }),
  )
  expect(sound.toString('latin1')).toMatch(new RegExp(`^${magic}`))
  expect(sound.toString('latin1')).toContain('sandbox')
})

test('speech streams, costs what its characters cost, and tells the times of its own words', async () => {
  expect((await bytesOf(await client('ok').textToSpeech.stream(voice, request))).length).toBeGreaterThan(100)
  const { rawResponse } = await client('ok').textToSpeech.convert(voice, request).withRawResponse()
  expect(rawResponse.headers.get('character-cost')).toBe('6')
  const timed = await client('ok').textToSpeech.convertWithTimestamps(voice, request)
  expect(timed.alignment?.characters.join('')).toContain('sandbox')
  const chunks = []
  for await (const chunk of await client('ok').textToSpeech.streamWithTimestamps(voice, request)) chunks.push(chunk)
  expect(chunks[0]?.audioBase64.length).toBeGreaterThan(10)
})

test('recordings are transcribed, and the account, voices and models are shown', async () => {
  const file = new Blob([Buffer.alloc(32_000)])
  const heard = (await client('ok').speechToText.convert({ file, modelId: 'scribe_v2' as never })) as {
    text: string
    words: unknown[]
  }
  expect(heard.text).toContain('32000 bytes')
  expect(heard.words.length).toBeGreaterThan(5)
  expect((await client('ok').user.get()).subscription.tier).toBe('sandbox')
  expect((await client('ok').user.subscription.get()).characterLimit).toBe(10_000)
  expect((await client('ok').voices.getAll()).voices[0]?.name).toContain('sandbox')
  expect((await client('ok').models.list()).map((model) => model.modelId)).toContain('eleven_flash_v2_5')
})

describe.each([
  ['invalid', 401, 'invalid_api_key'],
  ['expired', 401, 'invalid_api_key'],
  ['permission', 401, 'missing_permissions'],
  ['quota', 401, 'quota_exceeded'],
  ['rate', 429, 'too_many_concurrent_requests'],
  ['down', 503, 'service_unavailable'],
] as const)('a key that is %s', (behaviour, statusCode, status) => {
  test.each([
    ['speech', () => client(behaviour).textToSpeech.convert(voice, request)],
    ['a stream', () => client(behaviour).textToSpeech.stream(voice, request)],
    [
      'a recording',
      () => client(behaviour).speechToText.convert({ file: new Blob(['x']), modelId: 'scribe_v2' as never }),
    ],
    ['the account', () => client(behaviour).user.get()],
    ['voices', () => client(behaviour).voices.getAll()],
  ])('fails as ElevenLabs does on %s', async (_, call) => {
    const failure = await Promise.resolve(call()).then(
      () => undefined,
      (reason: ElevenLabsError) => reason,
    )
    expect(failure).toBeInstanceOf(ElevenLabsError)
    expect(failure?.statusCode).toBe(statusCode)
    expect(failure?.body).toMatchObject({ detail: { status, message: expect.stringContaining('sandbox') } })
  })
})

test('a restricted key is told which permission it lacks', async () => {
  const lacks = (path: string) =>
    fetch(`${sandbox.baseUrl('elevenlabs')}${path}`, { headers: { 'xi-api-key': 'sandbox-permission' } }).then(
      (answer) => answer.text(),
    )
  expect(await lacks('/v1/user')).toContain('missing the permission user_read')
  expect(await lacks('/v1/voices')).toContain('missing the permission voices_read')
})

test('wrong requests are refused, and a midstream key breaks off', async () => {
  await expect(client('ok').textToSpeech.convert(voice, { text: '' })).rejects.toBeInstanceOf(
    ElevenLabs.UnprocessableEntityError,
  )
  await expect(client('ok').textToSpeech.convert('missing', request)).rejects.toMatchObject({ statusCode: 404 })
  const stream = await client('midstream').textToSpeech.stream(voice, request)
  await expect(bytesOf(stream)).rejects.toThrow()
})
