/** The official SDKs with two settings each, the base URL and an Ownkey token as the key, and what a product does with them. */
import Anthropic from '@anthropic-ai/sdk'
import { ElevenLabsClient, ElevenLabsError } from '@elevenlabs/elevenlabs-js'
import { ApiError, GoogleGenAI } from '@google/genai'
import OpenAI, { toFile } from 'openai'
import { SarvamAI, SarvamAIClient, SarvamAIError } from 'sarvamai'
import { canaryPrompts } from './canary.ts'
import type { FiveProvider } from './journey.ts'

export interface Connection {
  url: string
  token: string
}

/** Resolves with something that tells of a whole answer; rejects with the SDK's own error. */
export type SdkCall = (connection: Connection) => Promise<unknown>

export interface ExpectedFailure {
  type: abstract new (...args: never[]) => Error
  status: number
}

type Failing = 'invalid' | 'expired' | 'permission' | 'quota' | 'rate' | 'down'

export interface Sdk {
  calls: Readonly<Record<string, SdkCall>>
  failures: Readonly<Record<Failing, ExpectedFailure>>
  statusOf(error: unknown): number | undefined
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of stream) all.push(one)
  return all
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return Buffer.concat(await collect(stream as AsyncIterable<Uint8Array>)).toString('latin1')
}

const messages = [{ role: 'user' as const, content: canaryPrompts[0] }]

const openai = ({ url, token }: Connection) => new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: token, maxRetries: 0 })
const chat = { model: 'gpt-4o-mini', messages }
const openaiSdk: Sdk = {
  calls: {
    chat: (to) => openai(to).chat.completions.create(chat),
    'chat stream': async (to) => collect(await openai(to).chat.completions.create({ ...chat, stream: true })),
    responses: async (to) =>
      (await openai(to).responses.create({ model: 'gpt-5.4', input: canaryPrompts[1] })).output_text,
    'responses stream': async (to) =>
      collect(await openai(to).responses.create({ model: 'gpt-5.4', input: canaryPrompts[1], stream: true })),
    embeddings: async (to) => {
      const { data } = await openai(to).embeddings.create({
        model: 'text-embedding-3-small',
        input: canaryPrompts[0],
        dimensions: 8,
      })
      return data[0]?.embedding.length === 8 ? 'sandbox' : data
    },
    'speech out': async (to) => {
      const spoken = await openai(to).audio.speech.create({ model: 'tts-1', voice: 'alloy', input: canaryPrompts[1] })
      return Buffer.from(await spoken.arrayBuffer()).toString('latin1')
    },
    'speech in': async (to) =>
      openai(to).audio.transcriptions.create({ model: 'whisper-1', file: await toFile(Buffer.alloc(64_000), 'a.wav') }),
    images: (to) => openai(to).images.generate({ model: 'gpt-image-2', prompt: canaryPrompts[0] }),
    files: async (to) => (await openai(to).files.list()) && 'sandbox',
    models: async (to) => JSON.stringify((await openai(to).models.list()).data.length > 0) && 'sandbox',
  },
  failures: {
    invalid: { type: OpenAI.AuthenticationError, status: 401 },
    expired: { type: OpenAI.AuthenticationError, status: 401 },
    permission: { type: OpenAI.AuthenticationError, status: 401 },
    quota: { type: OpenAI.RateLimitError, status: 429 },
    rate: { type: OpenAI.RateLimitError, status: 429 },
    down: { type: OpenAI.InternalServerError, status: 503 },
  },
  statusOf: (error) => (error as { status?: number }).status,
}

const anthropic = ({ url, token }: Connection) =>
  new Anthropic({ baseURL: `${url}/anthropic`, apiKey: token, maxRetries: 0 })
const message = { model: 'claude-haiku-4-5', max_tokens: 100, messages }
const anthropicSdk: Sdk = {
  calls: {
    message: (to) => anthropic(to).messages.create(message),
    'message with a bearer token': ({ url, token }) =>
      new Anthropic({ baseURL: `${url}/anthropic`, authToken: token, apiKey: null, maxRetries: 0 }).messages.create(
        message,
      ),
    'message stream': async (to) => collect(await anthropic(to).messages.create({ ...message, stream: true })),
    'final message': (to) => anthropic(to).messages.stream(message).finalMessage(),
    models: async (to) => (await anthropic(to).models.list()).data.length > 0 && 'sandbox',
  },
  failures: {
    invalid: { type: Anthropic.AuthenticationError, status: 401 },
    expired: { type: Anthropic.AuthenticationError, status: 401 },
    permission: { type: Anthropic.PermissionDeniedError, status: 403 },
    quota: { type: Anthropic.BadRequestError, status: 400 },
    rate: { type: Anthropic.RateLimitError, status: 429 },
    down: { type: Anthropic.InternalServerError, status: 529 },
  },
  statusOf: (error) => (error as { status?: number }).status,
}

const gemini = ({ url, token }: Connection) =>
  new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: `${url}/gemini` } }).models
const question = { model: 'gemini-2.5-flash', contents: canaryPrompts[1] }
const geminiSdk: Sdk = {
  calls: {
    generate: async (to) => (await gemini(to).generateContent(question)).text,
    'generate stream': async (to) => collect(await gemini(to).generateContentStream(question)),
    embed: async (to) => {
      const { embeddings } = await gemini(to).embedContent({
        model: 'gemini-embedding-001',
        contents: [canaryPrompts[0]],
      })
      return (embeddings?.[0]?.values?.length ?? 0) > 0 && 'sandbox'
    },
    'count tokens': async (to) => ((await gemini(to).countTokens(question)).totalTokens ?? 0) > 2 && 'sandbox',
  },
  failures: {
    invalid: { type: ApiError, status: 400 },
    expired: { type: ApiError, status: 400 },
    permission: { type: ApiError, status: 403 },
    quota: { type: ApiError, status: 402 },
    rate: { type: ApiError, status: 429 },
    down: { type: ApiError, status: 503 },
  },
  statusOf: (error) => (error as { status?: number }).status,
}

const elevenlabs = ({ url, token }: Connection) =>
  new ElevenLabsClient({ baseUrl: `${url}/elevenlabs`, apiKey: token, maxRetries: 0 })
const voice = 'JBFqnCBsd6RMkjVDRZzb'
const sentence = { text: canaryPrompts[0], modelId: 'eleven_flash_v2_5' }
const elevenlabsSdk: Sdk = {
  calls: {
    speech: async (to) => bytesOf(await elevenlabs(to).textToSpeech.convert(voice, sentence)),
    'speech stream': async (to) => bytesOf(await elevenlabs(to).textToSpeech.stream(voice, sentence)),
    transcription: (to) =>
      elevenlabs(to).speechToText.convert({ file: new Blob([Buffer.alloc(32_000)]), modelId: 'scribe_v2' as never }),
    voices: (to) => elevenlabs(to).voices.getAll(),
  },
  failures: {
    invalid: { type: ElevenLabsError, status: 401 },
    expired: { type: ElevenLabsError, status: 401 },
    permission: { type: ElevenLabsError, status: 401 },
    quota: { type: ElevenLabsError, status: 401 },
    rate: { type: ElevenLabsError, status: 429 },
    down: { type: ElevenLabsError, status: 503 },
  },
  statusOf: (error) => (error as { statusCode?: number }).statusCode,
}

const sarvam = ({ url, token }: Connection) =>
  new SarvamAIClient({ baseUrl: `${url}/sarvam`, apiSubscriptionKey: token, maxRetries: 0 })
const words = {
  input: canaryPrompts[1],
  source_language_code: 'en-IN' as const,
  target_language_code: 'hi-IN' as const,
}
const question105 = { model: 'sarvam-105b' as const, messages }
const sarvamSdk: Sdk = {
  calls: {
    chat: (to) => sarvam(to).chat.completions(question105),
    'chat stream': async (to) => collect(await sarvam(to).chat.completions({ ...question105, stream: true })),
    translation: (to) => sarvam(to).text.translate(words),
    'speech out': async (to) => {
      const spoken = await sarvam(to).textToSpeech.convert({
        text: canaryPrompts[0],
        target_language_code: 'hi-IN',
      } as never)
      return Buffer.from(spoken.audios[0] ?? '', 'base64').toString('latin1')
    },
    'speech in': (to) =>
      sarvam(to).speechToText.transcribe({ file: new Blob([Buffer.alloc(1000)]), model: 'saaras:v3' as never }),
  },
  failures: {
    invalid: { type: SarvamAI.ForbiddenError, status: 403 },
    expired: { type: SarvamAI.ForbiddenError, status: 403 },
    permission: { type: SarvamAI.ForbiddenError, status: 403 },
    quota: { type: SarvamAI.TooManyRequestsError, status: 429 },
    rate: { type: SarvamAI.TooManyRequestsError, status: 429 },
    down: { type: SarvamAIError, status: 503 },
  },
  statusOf: (error) => (error as { statusCode?: number }).statusCode,
}

export const sdks: Readonly<Record<FiveProvider, Sdk>> = {
  openai: openaiSdk,
  anthropic: anthropicSdk,
  gemini: geminiSdk,
  elevenlabs: elevenlabsSdk,
  sarvam: sarvamSdk,
}
