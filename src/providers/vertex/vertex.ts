import { anthropicUsage } from '../anthropic/index.ts'
import type { Failure } from '../failure.ts'
import {
  blockedPrompt,
  googlePriceFactors,
  googleRules,
  googleSocketUsage,
  googleUsage,
  readBlockedPrompt,
} from '../gemini/index.ts'
import type { Provider, Surface } from '../provider.ts'
import { count, told } from '../reading/count.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { at } from '../reading/is-record.ts'
import { type Rule, verdict } from '../reading/rules.ts'
import type { Usage, UsageReading } from '../usage-reading.ts'
import { regionNames } from './region-names.ts'
import { serviceAccountTokens } from './service-account.ts'

const rules: readonly Rule[] = [
  // Capacity that all customers share, not a quota of this one.
  {
    status: [429],
    message: /^resource (has been )?exhausted/i,
    where: ({ error }) => error['details'] === undefined,
    is: verdict('rate_limited', 'capacity'),
  },
  { status: [404], message: /publisher model|\bmodel/i, is: verdict('model_unavailable') },
  ...googleRules,
]
const reading = failureReader({ rules, readRefusal: readBlockedPrompt })
const knowsKey = (failure: Failure): boolean =>
  failure.class === 'permission_denied' && failure.cause !== 'account_disabled' && failure.code !== undefined

/** Claude's `usage` on `rawPredict` is Anthropic's; the OpenAI-compatible route's is OpenAI's. */
function readUsage(marker: string, value: unknown): Usage {
  const isClaude = marker === '"message"' || (marker === '"usage"' && at(value, 'prompt_tokens') === undefined)
  return (isClaude ? anthropicUsage : googleUsage).read(marker, value)
}

/** Tokens stand beside each vector, too deep to be told apart from anything else; characters stand at the end. */
const predictUsage: UsageReading = {
  markers: ['"metadata"'],
  read: (_marker, value) => told({ characters: count(at(value, 'billableCharacterCount')) }),
}

const project = '(?:/projects/[^/]+/locations/[^/]+)?'
const call = (verbs: string): RegExp =>
  new RegExp(`^/v1(?:beta1)?${project}/publishers/[^/]+/models/(?<model>[^/:]+):(?:${verbs})$`)
const surface = (name: string, verbs: string, more: Partial<Surface>): Surface => ({
  name,
  method: 'POST',
  path: call(verbs),
  model: 'path',
  meters: 'tokens',
  ...more,
})
const live = /^\/ws\/google\.cloud\.aiplatform\.v1(?:beta1)?\.LlmBidiService\/BidiGenerateContent$/

export const vertex: Provider = {
  id: 'vertex',
  name: 'Google Vertex AI',
  priceCatalogue: 'google',
  aliases: ['vertex-ai', 'google-vertex'],
  dialect: 'google',
  origin: 'https://aiplatform.googleapis.com',
  regions: {
    eu: 'https://aiplatform.eu.rep.googleapis.com',
    us: 'https://aiplatform.us.rep.googleapis.com',
    global: 'https://aiplatform.googleapis.com',
    ...Object.fromEntries(regionNames.map((name) => [name, `https://${name}-aiplatform.googleapis.com`])),
  },
  keyPage: 'https://console.cloud.google.com/iam-admin/serviceaccounts',
  keyNeeds: {
    vertex_service_account:
      'The JSON file of a service account with the role "Vertex AI User", or an API key of express mode.',
    vertex_api_enabled: 'The Vertex AI API must be enabled in the project, with billing.',
  },
  keyShapes: [
    {
      pattern: /^\s*\{[\s\S]{0,200}"type"\s*:\s*"service_account"/,
      prefix: '',
      distinctive: true,
      document: { hint: 'private_key_id' },
    },
    { pattern: /^AQ\.[A-Za-z0-9_-]{20,200}$/, prefix: 'AQ.', distinctive: false },
  ],
  maskGap: '••••',
  credential: () => ({ header: 'x-goog-api-key', prefix: '' }),
  secretPreparation: (io) => serviceAccountTokens(io, reading.readFailure),
  dropRequestHeaders: ['x-goog-user-project'],
  answerHeaders: ['server-timing'],
  surfaces: [
    surface('generate', 'generateContent|streamGenerateContent|rawPredict|streamRawPredict', { capability: 'chat' }),
    surface('embed', 'embedContent', { capability: 'embeddings' }),
    {
      name: 'embed (predict)',
      capability: 'embeddings',
      method: 'POST',
      path: new RegExp(`^/v1(?:beta1)?${project}/publishers/[^/]+/models/(?<model>[^/:]*embedding[^/:]*):predict$`),
      model: 'path',
      meters: 'tokens',
      usage: predictUsage,
    },
    surface('predict', 'predict|predictLongRunning', { meters: 'none' }),
    surface('count tokens', 'countTokens|computeTokens', { meters: 'none', isFree: true }),
    {
      name: 'chat',
      capability: 'chat',
      method: 'POST',
      path: /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/endpoints\/openapi\/chat\/completions$/,
      model: 'body',
      meters: 'tokens',
    },
    { name: 'live', capability: 'realtime', method: 'GET', path: live, model: 'none', meters: 'tokens' },
    {
      name: 'models',
      method: 'GET',
      path: /^\/v1(?:beta1)?\/publishers\/[^/]+\/models(?:\/[^/:]+)?$/,
      model: 'none',
      meters: 'none',
    },
  ],
  capabilities: ['chat', 'vision', 'embeddings', 'speech_to_text', 'realtime'],
  models: [
    {
      id: 'gemini-2.5-flash',
      hint: 'fast_and_good',
      recommended: true,
      capabilities: ['chat', 'vision', 'speech_to_text'],
    },
    { id: 'gemini-2.5-pro', hint: 'for_complex_tasks', capabilities: ['chat', 'vision'] },
    { id: 'gemini-2.5-flash-lite', hint: 'cheapest', capabilities: ['chat', 'vision'] },
    { id: 'gemini-embedding-001', hint: 'embeddings_of_text', recommended: true, capabilities: ['embeddings'] },
    { id: 'text-embedding-005', hint: 'inexpensive_embeddings', capabilities: ['embeddings'] },
  ],
  defaultModels: {
    chat: 'gemini-2.5-flash',
    vision: 'gemini-2.5-flash',
    embeddings: 'gemini-embedding-001',
    speech_to_text: 'gemini-2.5-flash',
  },
  probes: {
    authenticate: { method: 'GET', path: '/v1beta1/publishers/google/models?pageSize=1', provesKey: knowsKey },
  },
  readFailure: reading.readFailure,
  refusal: blockedPrompt,
  readStreamOpening: reading.readStreamOpening,
  readClose: reading.readClose,
  usage: { markers: [...googleUsage.markers, '"message"'], read: readUsage },
  priceFactors: googlePriceFactors,
  translations: {
    'chat/completions': 'vertex_generate',
    embeddings: 'vertex_embeddings',
    'audio/transcriptions': 'vertex_transcription',
  },
  realtime: [
    {
      path: live,
      // Of express mode's keys; a service account's token goes where every token goes.
      upstream: { in: 'header', name: 'x-goog-api-key' },
      accepts: [
        { in: 'header', name: 'authorization', prefix: 'Bearer ' },
        { in: 'header', name: 'x-goog-api-key' },
      ],
      firstModel: ['setup', 'model'],
      usage: googleSocketUsage,
    },
  ],
  notes: [
    'The address of a call names the project and the location: callers write both. Where they leave both out, as express mode does, a service account’s own project and its key’s region (else `global`) take their places.',
    'Tokens are made from the service account’s file and kept in memory for less than an hour; the file’s own token address is ignored.',
    'Embeddings go by `predict`, where gemini-embedding-001 takes one text a request; text-embedding-005 takes 250.',
    '429 "Resource exhausted" is shared capacity, not a quota of the customer.',
  ],
}
