/**
 * What a product does with the rows of the catalogue beyond the five of `sdk-calls.ts`: by the vendor's own JavaScript SDK,
 * by OpenAI's where the vendor documents that one, with two settings each: base URL and an Ownkey token as the key.
 */
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import Cerebras from '@cerebras/cerebras_cloud_sdk'
import { DeepgramClient, DeepgramError } from '@deepgram/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import { Mistral } from '@mistralai/mistralai'
import { MistralError } from '@mistralai/mistralai/models/errors'
import { OpenRouter } from '@openrouter/sdk'
import { OpenRouterError } from '@openrouter/sdk/models/errors'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { AssemblyAI } from 'assemblyai'
import { CohereClientV2, CohereError } from 'cohere-ai'
import Groq from 'groq-sdk'
import OpenAI, { AzureOpenAI, toFile } from 'openai'
import Together from 'together-ai'
import { canaryPrompts } from './canary.ts'
import type { Connection, SdkCall } from './sdk-calls.ts'

type ErrorType = abstract new (...args: never[]) => Error

export interface VendorSdk {
  /** Public beginning of its keys. */
  prefix: string
  calls: Readonly<Record<string, SdkCall>>
  /** The SDK's error for an answer of this status. */
  errorOf(status: number): ErrorType
  /** Undefined: this SDK's errors tell none. */
  statusOf(error: unknown): number | undefined
  /** Requests for which the vendor tells no tokens. */
  untold?: readonly string[]
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const one of stream) all.push(one)
  return all
}

const recording = new File([Buffer.alloc(32_000)], 'a.wav', { type: 'audio/wav' })
const messages = [{ role: 'user' as const, content: canaryPrompts[0] }]
const status = (error: unknown) => (error as { status?: number }).status
const statusCode = (error: unknown) => (error as { statusCode?: number }).statusCode

interface StatusErrors {
  APIError: ErrorType
  BadRequestError: ErrorType
  AuthenticationError: ErrorType
  PermissionDeniedError: ErrorType
  RateLimitError: ErrorType
  InternalServerError: ErrorType
}
/** SDKs of one generator: a class for each status. */
const byStatus =
  (sdk: StatusErrors) =>
  (answered: number): ErrorType => {
    if (answered >= 500) return sdk.InternalServerError
    const named: Readonly<Record<number, ErrorType>> = {
      400: sdk.BadRequestError,
      401: sdk.AuthenticationError,
      403: sdk.PermissionDeniedError,
      429: sdk.RateLimitError,
    }
    return named[answered] ?? sdk.APIError
  }

/** A vendor whose documentation names OpenAI's SDK. */
function throughOpenai(prefix: string, path: string, model: string, more: (client: OpenAI) => object = () => ({})) {
  const client = ({ url, token }: Connection) => new OpenAI({ baseURL: url + path, apiKey: token, maxRetries: 0 })
  const named = Object.keys(more(client({ url: 'http://127.0.0.1', token: 'none' })))
  const added = Object.fromEntries(
    named.map((name): [string, SdkCall] => [
      name,
      (to) => (more(client(to)) as Record<string, () => Promise<unknown>>)[name]?.() as Promise<unknown>,
    ]),
  )
  return {
    prefix,
    calls: {
      chat: (to) => client(to).chat.completions.create({ model, messages }),
      'chat stream': async (to) =>
        collect(
          await client(to).chat.completions.create({
            model,
            messages,
            stream: true,
            stream_options: { include_usage: true },
          }),
        ),
      ...added,
    },
    errorOf: byStatus(OpenAI),
    statusOf: status,
  } satisfies VendorSdk
}

const mistral = ({ url, token }: Connection) =>
  new Mistral({ serverURL: `${url}/mistral`, apiKey: token, retryConfig: { strategy: 'none' } })
const groq = ({ url, token }: Connection) => new Groq({ baseURL: `${url}/groq`, apiKey: token, maxRetries: 0 })
const together = ({ url, token }: Connection) =>
  new Together({ baseURL: `${url}/together/v1`, apiKey: token, maxRetries: 0 })
const cerebras = ({ url, token }: Connection) =>
  new Cerebras({ baseURL: `${url}/cerebras`, apiKey: token, maxRetries: 0, warmTCPConnection: false })
const openrouter = ({ url, token }: Connection) =>
  new OpenRouter({ serverURL: `${url}/openrouter/api/v1`, apiKey: token, retryConfig: { strategy: 'none' } })
const cohere = ({ url, token }: Connection) =>
  new CohereClientV2({ environment: `${url}/cohere`, token, maxRetries: 0 })
const deepgram = ({ url, token }: Connection) =>
  new DeepgramClient({ baseUrl: `${url}/deepgram`, apiKey: token, maxRetries: 0 })
const assemblyai = ({ url, token }: Connection) => new AssemblyAI({ baseUrl: `${url}/assemblyai`, apiKey: token })
const vertex = ({ url, token }: Connection) =>
  new GoogleGenAI({ vertexai: true, apiKey: token, httpOptions: { baseUrl: `${url}/vertex` } }).models
const bedrock = ({ url, token }: Connection) =>
  new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: `${url}/bedrock`,
    token: { token },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
    // By itself it speaks HTTP/2, which a plain `http://` address does not.
    requestHandler: new NodeHttpHandler(),
  })
const azure = ({ url, token }: Connection) =>
  new AzureOpenAI({
    baseURL: `${url}/azure-openai/openai`,
    apiKey: token,
    apiVersion: '2025-04-01-preview',
    deployment: 'my-deployment',
    maxRetries: 0,
  })

const nova = { modelId: 'amazon.nova-micro-v1:0', messages: [{ role: 'user' as const, content: [{ text: 'Say it' }] }] }
const gemini = { model: 'gemini-2.5-flash', contents: canaryPrompts[1] }

/** Every row of the catalogue that is not one of the five, and an OpenAI-compatible server of the operator's own. */
export const vendorSdks: Readonly<Record<string, VendorSdk>> = {
  mistral: {
    prefix: '',
    calls: {
      chat: (to) => mistral(to).chat.complete({ model: 'mistral-small-latest', messages }),
      'chat stream': async (to) => collect(await mistral(to).chat.stream({ model: 'mistral-small-latest', messages })),
      transcription: (to) =>
        mistral(to).audio.transcriptions.complete({ model: 'voxtral-mini-latest', file: recording }),
      'transcription stream': async (to) =>
        collect(
          await mistral(to).audio.transcriptions.stream({
            model: 'voxtral-mini-latest',
            file: recording,
            timestampGranularities: ['segment'],
          }),
        ),
    },
    errorOf: () => MistralError,
    statusOf: statusCode,
  },
  groq: {
    prefix: 'gsk_',
    calls: {
      chat: (to) => groq(to).chat.completions.create({ model: 'llama-3.3-70b-versatile', messages }),
      'chat stream': async (to) =>
        collect(await groq(to).chat.completions.create({ model: 'llama-3.3-70b-versatile', messages, stream: true })),
      transcription: async (to) =>
        groq(to).audio.transcriptions.create({
          model: 'whisper-large-v3-turbo',
          file: await toFile(Buffer.alloc(32_000), 'a.wav'),
        }),
    },
    errorOf: byStatus(Groq),
    statusOf: status,
    untold: ['chat stream', 'transcription'],
  },
  deepseek: throughOpenai('sk-', '/deepseek', 'deepseek-flash'),
  xai: throughOpenai('xai-', '/xai/v1', 'grok-4.7', (client) => ({
    responses: () => client.responses.create({ model: 'grok-4.7', input: canaryPrompts[0] }),
  })),
  together: {
    prefix: 'tgp_v1_',
    calls: {
      chat: (to) => together(to).chat.completions.create({ model: 'openai/gpt-oss-20b', messages }),
      'chat stream': async (to) =>
        collect(await together(to).chat.completions.create({ model: 'openai/gpt-oss-20b', messages, stream: true })),
      models: async (to) => (await together(to).models.list()).map(({ display_name }) => display_name),
    },
    errorOf: byStatus(Together),
    statusOf: status,
    untold: ['chat stream', 'models'],
  },
  fireworks: throughOpenai('fw_', '/fireworks/inference/v1', 'accounts/fireworks/models/gpt-oss-120b'),
  openrouter: {
    prefix: 'sk-or-v1-',
    calls: {
      chat: (to) => openrouter(to).chat.send({ chatRequest: { model: 'openai/gpt-5.4-mini', messages } }),
      'chat stream': async (to) =>
        collect(
          (await openrouter(to).chat.send({
            chatRequest: { model: 'openai/gpt-5.4-mini', messages, stream: true },
          })) as unknown as AsyncIterable<unknown>,
        ),
    },
    errorOf: () => OpenRouterError,
    statusOf: statusCode,
    untold: ['chat stream'],
  },
  perplexity: throughOpenai('pplx-', '/perplexity', 'sonar'),
  cerebras: {
    prefix: 'csk-',
    calls: {
      chat: (to) => cerebras(to).chat.completions.create({ model: 'gpt-oss-120b', messages }),
      'chat stream': async (to) =>
        collect(await cerebras(to).chat.completions.create({ model: 'gpt-oss-120b', messages, stream: true })),
    },
    errorOf: byStatus(Cerebras),
    statusOf: status,
    untold: ['chat stream'],
  },
  cohere: {
    prefix: '',
    calls: {
      chat: (to) => cohere(to).chat({ model: 'command-a-03-2025', messages }),
      'chat stream': async (to) => collect(await cohere(to).chatStream({ model: 'command-a-03-2025', messages })),
      embed: (to) =>
        cohere(to).embed({
          model: 'embed-v4.0',
          inputType: 'search_query',
          embeddingTypes: ['float'],
          texts: [canaryPrompts[1]],
        }),
    },
    errorOf: () => CohereError,
    statusOf: statusCode,
  },
  deepgram: {
    prefix: '',
    calls: {
      transcription: (to) => deepgram(to).listen.v1.media.transcribeFile(Buffer.alloc(32_000), { model: 'nova-3' }),
      speech: async (to) => {
        const spoken = await deepgram(to).speak.v1.audio.generate({ text: canaryPrompts[0] })
        return Buffer.from(await spoken.arrayBuffer()).toString('latin1')
      },
    },
    errorOf: () => DeepgramError,
    statusOf: statusCode,
    untold: ['transcription', 'speech'],
  },
  assemblyai: {
    prefix: '',
    calls: {
      transcription: (to) =>
        assemblyai(to).transcripts.transcribe({ audio_url: 'https://example.com/a.wav' }, { pollingInterval: 1 }),
      transcripts: (to) => assemblyai(to).transcripts.list({ limit: 1 }),
    },
    // Its errors are plain ones with the vendor's text.
    errorOf: () => Error,
    statusOf: () => undefined,
    untold: ['transcription', 'transcripts'],
  },
  'azure-openai': {
    prefix: '',
    calls: {
      chat: (to) => azure(to).chat.completions.create({ model: 'my-deployment', messages }),
      'chat stream': async (to) =>
        collect(
          await azure(to).chat.completions.create({
            model: 'my-deployment',
            messages,
            stream: true,
            stream_options: { include_usage: true },
          }),
        ),
      embeddings: (to) =>
        azure(to).embeddings.create({ model: 'my-deployment', input: canaryPrompts[1], encoding_format: 'float' }),
    },
    errorOf: byStatus(OpenAI),
    statusOf: status,
  },
  vertex: {
    prefix: 'AQ.',
    calls: {
      generate: async (to) => (await vertex(to).generateContent(gemini)).text,
      'generate stream': async (to) => collect(await vertex(to).generateContentStream(gemini)),
    },
    errorOf: () => ApiError,
    statusOf: status,
  },
  bedrock: {
    prefix: 'ABSK',
    calls: {
      converse: (to) => bedrock(to).send(new ConverseCommand(nova)),
      'converse stream': async (to) => {
        const { stream } = await bedrock(to).send(new ConverseStreamCommand(nova))
        return collect(stream as AsyncIterable<unknown>)
      },
      invoke: async (to) => {
        const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 50, messages })
        const { body: answer } = await bedrock(to).send(
          new InvokeModelCommand({ modelId: 'anthropic.claude-haiku-4-5-v1:0', body }),
        )
        return Buffer.from(answer).toString()
      },
    },
    errorOf: () => BedrockRuntimeServiceException,
    statusOf: (error) => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode,
  },
  'own-server': throughOpenai('', '/own-server/v1', 'my-model'),
}
