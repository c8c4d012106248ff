import { connect } from 'node:net'
import { AudioFormat, ElevenLabsClient, RealtimeEvents } from '@elevenlabs/elevenlabs-js'
import { GoogleGenAI, type LiveServerMessage, Modality } from '@google/genai'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { SarvamAIClient } from 'sarvamai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { refusal, type Talk, talk } from '../support/socket-client.ts'

/** The vendors' own clients, and their documented handshakes, on the played providers. */
let ownkey: RunningOwnkey
let token: string
const providers = ['openai', 'gemini', 'elevenlabs', 'sarvam', 'deepgram', 'assemblyai', 'xai', 'mistral'] as const

beforeAll(async () => {
  const plan = { verify: 'format_only', fallback: { mode: 'never' } }
  ownkey = await startOwnkey({ sandbox: true, config: { plans: { standard: plan } } })
  token = await newOrg('acme', 'ok')
})
afterAll(() => ownkey.close())

async function newOrg(org: string, behaviour: string): Promise<string> {
  await ownkey.putOrg(org)
  for (const provider of providers) await ownkey.putKey(org, provider, `sandbox-${behaviour}-${provider}-key`)
  return ownkey.token({ org })
}

const newestEntry = async (org = 'acme') => (await ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0]

const sound = Buffer.alloc(3_200, 1)
const spoken = sound.toString('base64')
const live = '/gemini/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
const count = expect.any(Number)

interface Row {
  name: string
  path(token: string): string
  client?(token: string): Pick<Talk, 'headers' | 'protocols'>
  messages(token: string): readonly (object | Buffer)[]
  last: string
  protocol?: string
  source?: string
  counts: object
}

const realtime = '/openai/v1/realtime?model=gpt-realtime'
const openai = { messages: () => [{ type: 'response.create' }], last: '"response.done"' }
const listen = { messages: () => [sound, { type: 'CloseStream' }], last: '"Metadata"', counts: { audioSeconds: count } }
const transcribe = { messages: () => [{ audio: { data: spoken, encoding: 'audio/wav' } }], last: '"transcript"' }

const rows: readonly Row[] = [
  {
    ...openai,
    name: 'OpenAI Realtime by header',
    path: () => realtime,
    client: (key) => ({ headers: { authorization: `Bearer ${key}`, 'openai-beta': 'realtime=v1' } }),
    counts: { model: 'gpt-realtime', inputTokens: count, outputTokens: count },
  },
  {
    ...openai,
    name: 'OpenAI Realtime in a browser',
    path: () => realtime,
    client: (key) => ({ protocols: ['realtime', `openai-insecure-api-key.${key}`, 'openai-beta.realtime-v1'] }),
    protocol: 'realtime',
    counts: { inputTokens: count },
  },
  {
    ...openai,
    name: 'xAI by its client secret’s subprotocol',
    path: () => '/xai/v1/realtime?model=grok',
    client: (key) => ({ protocols: [`xai-client-secret.${key}`] }),
    protocol: 'xai-client-secret.{token}',
    counts: { inputTokens: count },
  },
  {
    name: 'Gemini Live by query',
    path: (key) => `${live}?key=${key}`,
    messages: () => [
      { setup: { model: 'models/gemini-live' } },
      { clientContent: { turns: [{ parts: [{ text: 'x' }] }] } },
    ],
    last: '"turnComplete":true',
    counts: { inputTokens: count, outputTokens: count },
  },
  {
    name: 'ElevenLabs speech by header',
    path: () => '/elevenlabs/v1/text-to-speech/voice/stream-input?model_id=eleven_flash_v2_5',
    client: (key) => ({ headers: { 'xi-api-key': key } }),
    messages: () => [{ text: ' ' }, { text: 'four ' }, { text: '' }],
    last: '"isFinal":true',
    counts: { model: 'eleven_flash_v2_5', characters: 5, estimated: true },
  },
  {
    name: 'ElevenLabs speech with the key in the first message',
    path: () => '/elevenlabs/v1/text-to-speech/voice/stream-input',
    messages: (key) => [{ text: ' ', xi_api_key: key }, { text: 'four ' }, { text: '' }],
    last: '"isFinal":true',
    source: 'unknown when the upgrade is answered',
    counts: { characters: 5 },
  },
  {
    name: 'ElevenLabs transcription',
    path: () => '/elevenlabs/v1/speech-to-text/realtime?model_id=scribe_v2',
    client: (key) => ({ headers: { 'xi-api-key': key } }),
    messages: () => [{ message_type: 'input_audio_chunk', audio_base_64: spoken, commit: true }],
    last: 'committed_transcript',
    counts: { model: 'scribe_v2', audioSeconds: count, estimated: true },
  },
  {
    ...transcribe,
    name: 'Sarvam by subprotocol',
    path: () => '/sarvam/speech-to-text/ws?model=saaras:v3',
    client: (key) => ({ protocols: [`api-subscription-key.${key}`] }),
    protocol: 'api-subscription-key.{token}',
    counts: { audioSeconds: count, estimated: false },
  },
  {
    ...transcribe,
    name: 'Sarvam by header',
    path: () => '/sarvam/speech-to-text-realtime/ws',
    client: (key) => ({ headers: { 'api-subscription-key': key } }),
    counts: { audioSeconds: count },
  },
  {
    ...listen,
    name: 'Deepgram by header',
    path: () => '/deepgram/v1/listen?model=nova-3&encoding=linear16',
    client: (key) => ({ headers: { authorization: `Token ${key}` } }),
  },
  {
    ...listen,
    name: 'Deepgram in a browser',
    path: () => '/deepgram/v1/listen?model=nova-3',
    client: (key) => ({ protocols: ['token', key] }),
    protocol: 'token',
  },
  {
    name: 'AssemblyAI by query',
    path: (key) => `/assemblyai/v3/ws?sample_rate=16000&token=${key}`,
    messages: () => [sound, { type: 'Terminate' }],
    last: '"Termination"',
    counts: { audioSeconds: count, estimated: false },
  },
]

describe.each(rows)('$name', (row) => {
  test('talks, and the entry tells what was used', async () => {
    const client = row.client?.(token) ?? {}
    const said = await talk(ownkey.url, {
      path: row.path(token),
      ...client,
      messages: row.messages(token),
      last: row.last,
    })
    expect(said.text).toContain(row.last)
    expect(said.headers['ownkey-request-id']).toMatch(/^req_/)
    if (row.source === undefined) expect(said.headers['ownkey-key-source']).toBe('organization')
    expect(said.protocol).toBe((row.protocol ?? '').replace('{token}', token))
    const requestId = said.headers['ownkey-request-id']
    await expect
      .poll(() => newestEntry())
      .toMatchObject({ requestId, state: 'settled', status: 101, keySource: 'organization', ...row.counts })
  })
})

describe('the vendors’ SDKs', () => {
  test('OpenAI’s realtime client talks', async () => {
    const client = new OpenAI({ apiKey: token, baseURL: `${ownkey.url}/openai/v1` })
    // The SDK insists on wss; the listener of a test has no certificate.
    const createConnection = () => connect(Number(new URL(ownkey.url).port), '127.0.0.1')
    const socket = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { createConnection } as never }, client)
    const done = new Promise<OpenAI.Realtime.ResponseDoneEvent>((resolve, reject) => {
      socket.on('session.created', () => socket.send({ type: 'response.create' }))
      socket.on('response.done', resolve)
      socket.on('error', reject)
    })
    expect((await done).response.status).toBe('completed')
    socket.close()
  })

  test('Google’s live.connect talks', async () => {
    const client = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: `${ownkey.url}/gemini` } })
    let told: (message: LiveServerMessage) => void = () => {}
    const complete = new Promise<LiveServerMessage>((resolve) => {
      told = (message) => message.serverContent?.turnComplete && resolve(message)
    })
    const session = await client.live.connect({
      model: 'gemini-live-2.5-flash-preview',
      config: { responseModalities: [Modality.TEXT] },
      callbacks: { onmessage: (message) => told(message) },
    })
    session.sendClientContent({ turns: 'Hello' })
    expect((await complete).usageMetadata?.totalTokenCount).toBeGreaterThan(0)
    session.close()
  })
})

describe('the vendors’ SDKs for speech', () => {
  test('Sarvam’s talks', async () => {
    const base = `${ownkey.url}/sarvam`
    const environment = { base, creative: base, production: base.replace('http', 'ws') }
    const client = new SarvamAIClient({ apiSubscriptionKey: token, environment })
    const socket = await client.speechToTextStreaming.connect({
      'Api-Subscription-Key': token,
      'language-code': 'en-IN',
      model: 'saaras:v3',
      reconnectAttempts: 0,
    })
    const heard = new Promise<unknown>((resolve, reject) => {
      socket.on('message', resolve)
      socket.on('error', reject)
    })
    await socket.waitForOpen()
    socket.transcribe({ audio: spoken, sample_rate: 16_000, encoding: 'audio/wav' })
    expect(await heard).toMatchObject({ type: 'data', data: { transcript: expect.stringContaining('sandbox') } })
    socket.close()
  })

  test('ElevenLabs’ talks', async () => {
    const client = new ElevenLabsClient({ apiKey: token, baseUrl: `${ownkey.url}/elevenlabs` })
    const connection = await client.speechToText.realtime.connect({
      modelId: 'scribe_v2_realtime',
      audioFormat: AudioFormat.PCM_16000,
      sampleRate: 16_000,
    })
    const heard = new Promise<unknown>((resolve, reject) => {
      connection.on(RealtimeEvents.SESSION_STARTED, () => {
        connection.send({ audioBase64: spoken })
        connection.commit()
      })
      connection.on(RealtimeEvents.COMMITTED_TRANSCRIPT, resolve)
      connection.on(RealtimeEvents.ERROR, reject)
    })
    expect(await heard).toMatchObject({ text: expect.stringContaining('sandbox') })
    connection.close()
  })
})

describe('a key that fails', () => {
  const refusals = [
    ['openai', realtime, 401, 'invalid_key', (body: { error: { code: string } }) => body.error.code],
    ['deepgram', '/deepgram/v1/listen', 401, 'invalid_key', (body: { err_code: string }) => body.err_code],
    ['sarvam', '/sarvam/text-to-speech/ws', 403, 'invalid_key', (body: { error: { code: string } }) => body.error.code],
    ['elevenlabs', '/elevenlabs/v1/speech-to-text/realtime', 401, 'invalid_key', (body: object) => 'detail' in body],
  ] as const

  test.each(refusals)('of %s is refused as the vendor does', async (provider, path, status, failure, read) => {
    const own = await newOrg(`bad-${provider}`, 'invalid')
    const answer = await refusal(ownkey.url, { path, headers: { authorization: `Bearer ${own}` } })
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({ 'ownkey-error': failure, 'ownkey-key-source': 'organization' })
    expect(read(answer.json() as never)).toBeTruthy()
    await expect
      .poll(() => newestEntry(`bad-${provider}`))
      .toMatchObject({ state: 'released', status, errorClass: failure })
  })

  test('breaks off in the middle as the provider does, and what was served is charged', async () => {
    const own = await newOrg('midstream', 'midstream')
    const said = await talk(ownkey.url, {
      ...openai,
      path: realtime,
      headers: { authorization: `Bearer ${own}` },
      messages: openai.messages(),
    })
    expect(said.ending.code).toBe(1011)
    await expect
      .poll(() => newestEntry('midstream'))
      .toMatchObject({ state: 'settled', status: 101, errorClass: 'provider_error' })
  })

  test('in a first message closes with the reason', async () => {
    const own = await newOrg('bad-first', 'invalid')
    const said = await talk(ownkey.url, {
      path: '/elevenlabs/v1/text-to-speech/voice/stream-input',
      messages: [{ text: ' ', xi_api_key: own }],
      last: 'never',
    })
    expect(said.ending).toEqual({ code: 1008, reason: 'invalid_key' })
    expect(JSON.parse(said.text)).toHaveProperty('detail')
  })
})
