import { anthropicRoutes, messageRoutes } from './anthropic/routes.ts'
import type { Call, Route } from './call.ts'
import { elevenLabsPermission, elevenLabsRoutes } from './elevenlabs/routes.ts'
import { anthropicFailures } from './failures/anthropic.ts'
import { compatibleFailures } from './failures/compatible.ts'
import type { FailureTable } from './failures/failure.ts'
import { googleFailures } from './failures/google.ts'
import { openAiFailures } from './failures/openai-shaped.ts'
import type { ProblemDialect } from './failures/problems.ts'
import { assemblyAiFailures, deepgramFailures, elevenLabsFailures, sarvamFailures } from './failures/speech.ts'
import { geminiRoutes, googleMethod } from './gemini/routes.ts'
import { openAiRoutes, openAiScope } from './openai/routes.ts'
import { assemblyAiRoutes } from './others/assemblyai.ts'
import { bedrockRoutes } from './others/bedrock.ts'
import { cohereRoutes } from './others/cohere.ts'
import { deepgramRoutes } from './others/deepgram.ts'
import { mistralRoutes } from './others/mistral.ts'
import { openRouterRoutes } from './others/openrouter.ts'
import { perplexityRoutes } from './others/perplexity.ts'
import { togetherRoutes } from './others/together.ts'
import { xaiRoutes } from './others/xai.ts'
import {
  bareAuthorization,
  googleCredential,
  inAuthorization,
  inHeader,
  type ReadCredential,
} from './read-credential.ts'
import { sarvamRoutes } from './sarvam/routes.ts'

/** Everything by which one played provider differs from another. */
export interface Vendor {
  routes: readonly Route[]
  readCredential: ReadCredential
  failures: FailureTable
  /** The shape of its answers to wrong requests. */
  dialect: ProblemDialect
  /** Headers on every answer. */
  headers(requestId: string): Readonly<Record<string, string>>
  /** What a `permission` key lacks for this path, in the provider's words. */
  permission(path: string): string
  /** True where errors come as an array of one. */
  wrapsErrors?(call: Pick<Call, 'path' | 'query'>): boolean
}

const rateLimits = {
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-limit-tokens': '200000',
  'x-ratelimit-remaining-requests': '499',
  'x-ratelimit-remaining-tokens': '199000',
  'x-ratelimit-reset-requests': '120ms',
  'x-ratelimit-reset-tokens': '300ms',
}

const openai: Vendor = {
  routes: [...openAiRoutes, ...messageRoutes],
  readCredential: inAuthorization('bearer'),
  failures: openAiFailures,
  dialect: 'openai',
  headers: (requestId) => ({
    'x-request-id': requestId,
    'openai-processing-ms': '12',
    'openai-version': '2020-10-01',
    ...rateLimits,
  }),
  permission: openAiScope,
}

const google: Vendor = {
  routes: geminiRoutes,
  readCredential: googleCredential,
  failures: googleFailures,
  dialect: 'google',
  headers: () => ({ vary: 'Origin, X-Origin, Referer', 'server-timing': 'gfet4t7; dur=12' }),
  permission: googleMethod,
  wrapsErrors: ({ path, query }) =>
    /\/(?:openai|openapi)\//.test(path) || (path.endsWith(':streamGenerateContent') && query.get('alt') !== 'sse'),
}

/** What vendors of OpenAI's dialect have beside it, or tell otherwise. */
const ofTheirOwn: Readonly<Record<string, readonly Route[]>> = {
  mistral: mistralRoutes,
  openrouter: openRouterRoutes,
  perplexity: perplexityRoutes,
  together: togetherRoutes,
  xai: xaiRoutes,
}

/** A vendor in OpenAI's dialect with its own errors. */
function compatible(id: string): Vendor {
  const failures = compatibleFailures[id] ?? openAiFailures
  const routes = [...(Object.hasOwn(ofTheirOwn, id) ? (ofTheirOwn[id] ?? []) : []), ...openai.routes]
  return { ...openai, routes, failures, headers: (requestId) => ({ 'x-request-id': requestId, ...rateLimits }) }
}

const own: Readonly<Record<string, Vendor>> = {
  openai,
  gemini: google,
  vertex: {
    ...google,
    readCredential: (from) =>
      from.headers['x-goog-api-key'] ? inHeader('x-goog-api-key')(from) : inAuthorization('bearer')(from),
  },
  anthropic: {
    routes: anthropicRoutes,
    readCredential: inHeader('x-api-key', { bearer: true }),
    failures: anthropicFailures,
    dialect: 'anthropic',
    headers: (requestId) => ({
      'request-id': requestId,
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2030-01-01T00:00:00Z',
    }),
    permission: () => 'messages',
  },
  elevenlabs: {
    routes: elevenLabsRoutes,
    readCredential: inHeader('xi-api-key'),
    failures: elevenLabsFailures,
    dialect: 'elevenlabs',
    headers: (requestId) => ({ 'x-trace-id': requestId, 'x-region': 'sandbox' }),
    permission: elevenLabsPermission,
  },
  sarvam: {
    routes: sarvamRoutes,
    readCredential: ({ path, ...from }) =>
      inHeader('api-subscription-key', { bearer: path.endsWith('/chat/completions') })({ path, ...from }),
    failures: sarvamFailures,
    dialect: 'sarvam',
    headers: (requestId) => ({ 'x-request-id': requestId }),
    permission: (path) => path,
  },
  deepgram: {
    ...openai,
    routes: deepgramRoutes,
    readCredential: inAuthorization('token', 'bearer'),
    failures: deepgramFailures,
    dialect: 'deepgram',
    headers: (requestId) => ({ 'dg-request-id': requestId }),
  },
  assemblyai: {
    ...openai,
    routes: assemblyAiRoutes,
    readCredential: bareAuthorization,
    failures: assemblyAiFailures,
    dialect: 'assemblyai',
    headers: () => ({}),
  },
  cohere: { ...compatible('cohere'), routes: cohereRoutes, dialect: 'cohere' },
  bedrock: {
    ...compatible('bedrock'),
    routes: bedrockRoutes,
    headers: (requestId) => ({ 'x-amzn-requestid': requestId }),
  },
  'azure-openai': { ...compatible('azure-openai'), readCredential: inHeader('api-key', { bearer: true }) },
}

/** The played provider; one that is not named here speaks OpenAI's dialect. */
export function vendorOf(provider: string): Vendor {
  return Object.hasOwn(own, provider) ? (own[provider] as Vendor) : compatible(provider)
}
