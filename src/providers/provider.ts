import type { Capability, Dialect } from '../contract/index.ts'
import type { Failure, ProviderAnswer } from './failure.ts'
import type { JobReading } from './job-reading.ts'
import type { ModelHint } from './model-hints.ts'
import type { CredentialPlacement, SecretPreparation, SecretPreparationIo } from './secret-preparation.ts'
import type { SocketRoute } from './socket-route.ts'
import type { StreamEvent, StreamFraming, StreamOpening } from './stream-opening.ts'
import type { PriceFactor, UsageReading } from './usage-reading.ts'

/** One group of routes of a provider's native API. The first whose method and path match is the surface. */
export interface Surface {
  name: string
  /** Absent: a route that serves no feature's capability (models, files). */
  capability?: Capability
  method?: string
  /** Against the path behind `/{provider}`, without query. */
  path: RegExp
  /**
   * Where the model stands. `path`: in the group `model` of the expression. `anywhere`: in every field `model` of a JSON body, which
   * may name several.
   */
  model: 'body' | 'form' | 'path' | 'query' | 'anywhere' | 'none'
  /** The JSON or query field that carries the model; default `model`. */
  modelField?: string
  /** The JSON field of an uploaded file in which more models are named. */
  modelsInFile?: string
  /** Whose SDKs call it, where they are not those of the provider's dialect. */
  dialect?: Dialect
  /**
   * What the provider bills here; `characters` are those of `textField` in the request. `none`: nothing, or nothing that an answer
   * tells and that could be counted.
   */
  meters: 'tokens' | 'characters' | 'audio' | 'none'
  /**
   * Its answers are about jobs, which are ordered here, or of which it tells whenever it is asked. A job's id may also be in the
   * group `job` of `path`. On a surface that is read, counts are a job's or none.
   */
  job?: JobReading
  /** Whatever is sent here is not billed, or is billed when its result is fetched. Reading and deleting never are, on any surface. */
  isFree?: true
  /** The JSON field of its answers with an address where the caller goes on with its credential; it is rewritten to the gateway's. */
  answerAddress?: string
  /** The JSON field whose characters are billed: a text, or a list of texts or of objects with a `text`. */
  textField?: string
  /** Streams tell their counts only when the request asks: by `stream_options: {include_usage: true}`. */
  usageOptIn?: 'stream_options'
  /** How counts stand in this surface's answers, where they differ from the provider's `usage`. */
  usage?: UsageReading
}

/** One cheap request that proves something of a key. */
export interface Probe {
  method: 'GET' | 'POST'
  /** Path with query; `{model}` is replaced by the model under test. */
  path: string
  headers?: Readonly<Record<string, string>>
  /** JSON body; the string `{model}` in it is replaced. */
  body?: unknown
  /** The model to test with when none is given; absent: the provider's default for the capability. */
  model?: string
  /** A failure that proves the key all the same (ElevenLabs `missing_permissions` on `/v1/user`). */
  provesKey?(failure: Failure): boolean
  /** For answers below 300 that do not mean "valid" (Cohere `valid: false`): the failure they tell of. */
  readAnswer?(answer: ProviderAnswer): Failure | undefined
}

export interface KeyShape {
  /** Advice only: a key that matches none is still tried. */
  pattern: RegExp
  /** The public, unsecret beginning that the masked form may show: `sk-ant-`, `AIza`. */
  prefix: string
  /** True when no other provider's keys look so: a match names the provider. */
  distinctive: boolean
  /** The key is a JSON document, and this field's end tells one from another; never a secret. */
  document?: { hint: string }
}

export interface ProviderModel {
  id: string
  hint?: ModelHint
  recommended?: boolean
  capabilities: readonly Capability[]
}

/** The routes of the one-dialect API (`/v1/<route>`) that a provider's OpenAI-compatible API may offer. */
export const openaiRoutes = [
  'chat/completions',
  'embeddings',
  'audio/transcriptions',
  'audio/speech',
  'models',
] as const
export type OpenaiRoute = (typeof openaiRoutes)[number]

/** What each of these routes does; undefined: it only lists. */
export const routeCapabilities: Readonly<Record<OpenaiRoute, Capability | undefined>> = {
  'chat/completions': 'chat',
  embeddings: 'embeddings',
  'audio/transcriptions': 'speech_to_text',
  'audio/speech': 'text_to_speech',
  models: undefined,
}

/** How a provider's OpenAI-compatible API differs from OpenAI's own. */
export interface OpenaiApi {
  /** The path before the route: `/v1`, `/openai/v1`, or empty. */
  base: string
  routes: readonly OpenaiRoute[]
  /** OpenAI's chat fields that have another name here. */
  renames?: Readonly<Record<string, string>>
  /** The models that need these names; absent: all. */
  renamesFor?: RegExp
  /** OpenAI's roles that have another name here. */
  roles?: Readonly<Record<string, string>>
  /** Earlier answers that come back with what only answers have, such as their reasoning, are refused, but for these fields. */
  strictMessages?: { readonly takes: readonly string[] }
  /** Models that think answer in a list of parts, where OpenAI's answer in a text. */
  answersInParts?: true
  /** `always`: streams tell their counts unasked, and `stream_options` is refused; absent: asked for as at OpenAI. */
  streamUsage?: 'always'
}

/** The native translations of `src/dialect`, by name. */
export const translationNames = [
  'anthropic_messages',
  'google_generate',
  'google_embeddings',
  'google_transcription',
  'vertex_generate',
  'vertex_embeddings',
  'vertex_transcription',
  'elevenlabs_speech',
  'elevenlabs_transcription',
  'mistral_speech',
  'sarvam_speech',
  'sarvam_transcription',
  'deepgram_speech',
  'deepgram_transcription',
  'cohere_transcription',
  'xai_speech',
  'xai_transcription',
] as const
export type TranslationName = (typeof translationNames)[number]

/** A provider is this table entry. Nothing outside `providers/` knows more of a vendor, or compares its id. */
export interface Provider {
  id: string
  name: string
  /** Its id in the maintained price catalogue; absent: that has no prices of it. */
  priceCatalogue?: string
  /** Offered by a server that has no configuration. */
  offeredByDefault?: true
  /** Other ids that are accepted for it. */
  aliases?: readonly string[]
  dialect: Dialect
  /** `https://host`, without path; absent for providers whose host belongs to the customer (Azure, custom endpoints). */
  origin?: string
  /** Region → origin, for providers with several. The key `default` is not used; `origin` is the default. */
  regions?: Readonly<Record<string, string>>
  /** Customers must give a base URL with their key. */
  needsBaseUrl?: boolean
  /** What that base URL looks like: an example for people, and the shape that the vendor's own hosts have (advice). */
  baseUrl?: { example: string; pattern: RegExp }
  /** Where a person makes a key, and what it must be allowed to do: sentences by codes, which no other provider has. */
  keyPage: string
  keyNeeds: Readonly<Record<string, string>>
  keyShapes: readonly KeyShape[]
  /** Between prefix and last four in the masked form: `••••` or `...`. */
  maskGap: string
  /** The placement for an upstream path (behind the origin). */
  credential(path: string): CredentialPlacement
  /** Caller's headers that name the caller's own account at the provider and must not go up with another's key. */
  dropRequestHeaders?: readonly string[]
  /** Headers of the answer that callers need, beyond the common allowlist; `x-` + `*` patterns end in `*`. */
  answerHeaders?: readonly string[]
  /** Those of them with an address at which the caller goes on, which is rewritten to the gateway's; in lower case. */
  answerAddresses?: readonly string[]
  surfaces: readonly Surface[]
  capabilities: readonly Capability[]
  models: readonly ProviderModel[]
  /** By capability: the model to use when nobody chose one. */
  defaultModels: Partial<Record<Capability, string>>
  probes: {
    /** Proves that the key authenticates. */
    authenticate: Probe
    /** Proves that it may do this, at the least cost. */
    can?: Partial<Record<Capability, Probe>>
  }
  /** What differs from the usual prices. The first row of a term that fits the model holds; a term without one has no known price. */
  priceFactors?: readonly PriceFactor[]
  /** Called for every status ≥ 300 and for 2xx JSON bodies of providers with `failsInside200`. */
  readFailure(answer: ProviderAnswer): Failure | undefined
  /** What a WebSocket's close means; undefined for an ordinary end. */
  readClose?(code: number, reason: string): Failure | undefined
  /** JSON of a success that begins so may tell a refusal: it is held until all of it is here, and judged as a stream's first event. */
  refusal?: RegExp
  /** True for providers that answer 200 with an error object in a JSON body. */
  failsInside200?: boolean
  /** The first events of a 200 stream. `data` is the parsed JSON of the event, or its text. */
  readStreamOpening(event: StreamEvent): StreamOpening
  /** For streams that are framed otherwise than as server-sent events. */
  framing?: StreamFraming
  usage: UsageReading
  openai?: OpenaiApi
  /** How `/v1/<route>` is served natively, where the OpenAI-compatible API is missing or drops features. */
  translations?: Readonly<Partial<Record<OpenaiRoute, TranslationName>>>
  realtime?: readonly SocketRoute[]
  /** Present where the stored secret may be a document from which short-lived tokens are made. */
  secretPreparation?(io: SecretPreparationIo): SecretPreparation
  /** Sentences of `docs/providers.md`: what is particular, and what is not supported. */
  notes?: readonly string[]
}
