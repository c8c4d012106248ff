import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DialectServer, startDialectServer } from '../support/one-dialect.ts'

let server: DialectServer
beforeAll(async () => {
  server = await startDialectServer()
})
afterAll(() => server.close())

const recording = () => toFile(Buffer.alloc(64_000, 1), 'call.wav', { type: 'audio/wav' })

async function thrown(promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.BadRequestError>> {
  const error = await promise.then(
    () => undefined,
    (one: unknown) => one,
  )
  if (!(error instanceof OpenAI.BadRequestError)) throw new Error('a 400 was expected')
  return error
}

describe.each(['openai', 'elevenlabs', 'sarvam', 'deepgram', 'xai', 'mistral'])('speech on %s', (provider) => {
  // Mistral names none to take by itself.
  const model = provider === 'mistral' ? 'mistral/voxtral-mini-tts-2603' : 'auto'

  test('comes as sound in the format that was asked for, and is counted', async () => {
    const { openai, org } = await server.clientFor(provider, { feature: 'speaking' })
    const input = 'Good morning, the train is late.'
    const formats = provider === 'xai' ? (['mp3', 'wav', 'pcm'] as const) : (['mp3', 'wav', 'pcm', 'opus'] as const)
    for (const format of formats) {
      const answer = await openai.audio.speech.create({ model, voice: 'alloy', input, response_format: format })
      expect(answer.headers.get('ownkey-provider')).toBe(provider)
      expect(answer.headers.get('content-type')).toMatch(/^audio\//)
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100)
    }
    const requests = async () => (await server.ownkey.api('GET', `/orgs/${org}/requests`)).body.items
    await expect
      .poll(async () => (await requests()).map((one: { characters: number }) => one.characters))
      .toEqual(Array.from(formats, () => input.length))
  })

  test('with a key that fails raises the SDK’s own error', async () => {
    const { openai } = await server.clientFor(provider, { feature: 'speaking', behaviour: 'invalid' })
    const speak = openai.audio.speech.create({ model, voice: 'alloy', input: 'Good morning' })
    await expect(speak).rejects.toMatchObject({ code: expect.any(String), message: expect.stringContaining('sandbox') })
  })
})

describe.each(['openai', 'elevenlabs', 'sarvam', 'deepgram', 'gemini', 'xai'])('transcription on %s', (provider) => {
  const client = () => server.clientFor(provider, { feature: 'listening' })

  test('gives the words as JSON and as text', async () => {
    const { openai } = await client()
    const { data, response } = await openai.audio.transcriptions
      .create({ model: 'auto', file: await recording(), language: 'en' })
      .withResponse()
    expect(data.text).toContain('sandbox')
    expect(response.headers.get('ownkey-provider')).toBe(provider)
    const text = await openai.audio.transcriptions.create({
      model: 'auto',
      file: await recording(),
      response_format: 'text',
    })
    expect(text).toContain('sandbox')
  })

  const timed = ['openai', 'elevenlabs', 'deepgram', 'xai'].includes(provider)
  test(`${timed ? 'gives' : 'refuses'} subtitles and times`, async () => {
    const { openai } = await client()
    const file = await recording()
    const ask = (response_format: 'srt' | 'vtt' | 'verbose_json') =>
      openai.audio.transcriptions.create({ model: 'auto', file, response_format })
    if (!timed) {
      for (const format of ['srt', 'vtt', 'verbose_json'] as const)
        expect(await thrown(ask(format))).toMatchObject({ param: 'response_format', code: 'request_invalid' })
      return
    }
    expect(await ask('srt')).toMatch(/^1\n00:00:00,000 --> 00:00:0\d,\d{3}\nThis is/)
    expect(await ask('vtt')).toMatch(/^WEBVTT\n\n00:00:00\.000 --> 00:00:0\d\.\d{3}\nThis is/)
    const verbose = (await ask('verbose_json')) as unknown as OpenAI.Audio.TranscriptionVerbose
    expect(verbose.duration).toBe(2)
    expect(verbose.segments?.[0]).toMatchObject({ start: 0, text: expect.stringContaining('This is') })
  })
})

describe('what a voice cannot do', () => {
  test.each([
    ['elevenlabs', { instructions: 'Whisper' }, 'instructions'],
    ['elevenlabs', { response_format: 'flac' }, 'response_format'],
    ['elevenlabs', { speed: 3 }, 'speed'],
    ['elevenlabs', { voice: 'nobody we know' }, 'voice'],
    ['deepgram', { speed: 2 }, 'speed'],
    ['sarvam', { stream_format: 'sse' }, 'stream_format'],
    ['xai', { instructions: 'Whisper' }, 'instructions'],
    ['xai', { response_format: 'opus' }, 'response_format'],
    ['xai', { speed: 2 }, 'speed'],
  ])('%s refuses %j by name', async (provider, field, name) => {
    const { openai } = await server.clientFor(provider, { feature: 'speaking' })
    const request = { model: 'auto', voice: 'alloy', input: 'Hi', ...field } as OpenAI.Audio.SpeechCreateParams
    expect(await thrown(openai.audio.speech.create(request))).toMatchObject({ param: name, code: 'request_invalid' })
  })

  test('a prompt for a transcript that takes none is refused', async () => {
    const { openai } = await server.clientFor('deepgram', { feature: 'listening' })
    const ask = openai.audio.transcriptions.create({ model: 'auto', file: await recording(), prompt: 'Zürich' })
    expect(await thrown(ask)).toMatchObject({ param: 'prompt' })
  })

  test('Cohere hears, but must be told the language', async () => {
    const { openai } = await server.clientFor('cohere', { feature: 'listening' })
    const ask = async (fields: object) =>
      openai.audio.transcriptions.create({ model: 'auto', file: await recording(), ...fields })
    expect((await ask({ language: 'en', temperature: 0.2 })).text).toContain('sandbox')
    const error = await thrown(ask({}))
    expect(error).toMatchObject({ param: 'language', code: 'request_invalid' })
    expect(error.message).toContain('Cohere needs language')
  })

  test('a provider whose transcripts are jobs says so, whether a model is named or not', async () => {
    const { openai } = await server.clientFor('assemblyai', { feature: 'listening' })
    for (const model of ['auto', 'assemblyai/universal']) {
      const error = await thrown(openai.audio.transcriptions.create({ model, file: await recording() }))
      expect(error).toMatchObject({ param: 'model', code: 'request_invalid' })
      expect(error.message).toContain('AssemblyAI cannot do /v1/audio/transcriptions')
    }
  })

  test('a chat provider is not asked to speak', async () => {
    const { openai } = await server.clientFor('anthropic', { feature: 'speaking' })
    const speak = openai.audio.speech.create({ model: 'anthropic/claude-haiku-5-5', voice: 'alloy', input: 'Hi' })
    const error = await thrown(speak)
    expect(error).toMatchObject({ param: 'model', code: 'request_invalid' })
    expect(error.message).toContain('Anthropic (Claude) cannot do /v1/audio/speech')
  })
})

describe.each(['openai', 'gemini', 'mistral', 'vertex'])('embeddings on %s', (provider) => {
  test('come for each text, as numbers whichever form goes over the wire', async () => {
    const { openai, org } = await server.clientFor(provider, { feature: 'search' })
    // The SDK asks for base64 unless it is told otherwise.
    const packed = await openai.embeddings.create({ model: 'auto', input: ['one', 'two'] })
    const plain = await openai.embeddings.create({ model: 'auto', input: ['one', 'two'], encoding_format: 'float' })
    expect(packed.data).toHaveLength(2)
    expect(packed.data[1]?.embedding.length).toBe(plain.data[1]?.embedding.length)
    expect(packed.data[1]?.embedding[0]).toBeCloseTo(plain.data[1]?.embedding[0] as number, 5)
    expect(packed.usage.prompt_tokens).toBeGreaterThanOrEqual(0)
    const requests = async () => (await server.ownkey.api('GET', `/orgs/${org}/requests`)).body.items
    await expect.poll(async () => (await requests())[0]?.provider).toBe(provider)
  })
})

test.each(['gemini', 'vertex'])('%s refuses to embed tokens, by name', async (provider) => {
  const { openai } = await server.clientFor(provider, { feature: 'search' })
  const error = await thrown(openai.embeddings.create({ model: 'auto', input: [[1, 2, 3]] }))
  expect(error).toMatchObject({ param: 'input', code: 'request_invalid' })
})
