import { halfForBatches } from '../openai-like/jobs.ts'
import { openaiLike, openaiQuirks } from '../openai-like/openai-like.ts'
import { openaiSocketUsage } from '../openai-like/socket-usage.ts'
import { openaiSurfaces } from '../openai-like/surfaces.ts'
import { tieredUsage, transcriptionUsage } from '../openai-like/usage.ts'
import type { Provider, Surface } from '../provider.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { type Rule, verdict } from '../reading/rules.ts'
import type { SocketRoute } from '../socket-route.ts'

/** Codes may be the status as a text ("401"); a wrong key and a wrong host cannot be told apart. */
const rules: readonly Rule[] = [
  { code: ['authenticationtypedisabled'], is: verdict('permission_denied') },
  { code: ['permissiondenied'], is: verdict('permission_denied', 'missing_scope') },
  { code: ['deploymentnotfound', 'modelnotfound', 'resourcenotfound'], is: verdict('model_unavailable') },
  { code: ['ratelimitreached', 'too_many_requests'], message: /high demand/i, is: verdict('rate_limited', 'capacity') },
  { code: ['ratelimitreached', 'too_many_requests'], is: verdict('rate_limited') },
  { status: [401, 403], message: /(virtual network|firewall)/i, is: verdict('permission_denied', 'egress_blocked') },
  {
    status: [403],
    message: /\b(out of|insufficient|exceeded) .{0,20}quota|quota .{0,20}exceeded/i,
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
]

/** Classic routes name the deployment in the path; it is the model there. */
const deployment = (verb: string, surface: Omit<Surface, 'path' | 'model' | 'method'>): Surface => ({
  ...surface,
  method: 'POST',
  path: new RegExp(`^/openai/deployments/(?<model>[^/]+)/${verb}$`),
  model: 'path',
})

/** Azure Speech, which the same resource may serve under the same key, wants it in another header. */
const speech = /^\/(?:speechtotext|texttospeech|tts|stt|sts|cognitiveservices|customvoice)\//

const apiKey = { in: 'header', name: 'api-key' } as const
const socket = (path: RegExp): SocketRoute => ({
  path,
  upstream: apiKey,
  accepts: [apiKey, { in: 'query', name: 'api-key' }, { in: 'query', name: 'Authorization', prefix: 'Bearer ' }],
  usage: openaiSocketUsage,
})

const row = openaiLike({
  id: 'azure-openai',
  name: 'Azure OpenAI',
  priceCatalogue: 'azure',
  aliases: ['azure', 'azure-foundry'],
  base: '/openai/v1',
  // Without `v1`, `api-version` stands in the query.
  basePattern: '/openai(?:/v1)?',
  surfaces: [
    'chat',
    'responses',
    'embeddings',
    'transcriptions',
    'audioTranslations',
    'speech',
    'images',
    'models',
    'files',
    'batches',
  ],
  keyPage: 'https://portal.azure.com',
  keyNeeds: {
    azure_endpoint: 'The endpoint of your resource, such as https://my-resource.openai.azure.com.',
    azure_resource_key: 'One of its two keys (Keys and Endpoint), with key access enabled.',
    azure_deployment: 'The name of your deployment as the model.',
  },
  keyShapes: [
    { pattern: /^[0-9a-f]{32}$/, prefix: '', distinctive: false },
    { pattern: /^[A-Za-z0-9]{84}$/, prefix: '', distinctive: false },
  ],
  models: [],
  defaultModels: {},
  rules,
  quirks: openaiQuirks,
})

export const azureOpenai: Provider = {
  ...row,
  needsBaseUrl: true,
  baseUrl: {
    example: 'https://my-resource.openai.azure.com',
    pattern:
      /^https:\/\/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.(?:openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com)\/?$/,
  },
  capabilities: ['chat', 'vision', 'embeddings', 'speech_to_text', 'text_to_speech', 'images', 'realtime'],
  credential: (path) =>
    speech.test(path) ? { header: 'ocp-apim-subscription-key', prefix: '' } : { header: 'api-key', prefix: '' },
  usage: tieredUsage,
  priceFactors: halfForBatches,
  answerHeaders: ['apim-request-id', 'x-ms-region', 'x-ms-client-request-id', 'operation-location'],
  surfaces: [
    deployment('chat/completions', { name: 'chat', capability: 'chat', meters: 'tokens' }),
    deployment('completions', { name: 'completions', capability: 'chat', meters: 'tokens' }),
    deployment('embeddings', { name: 'embeddings', capability: 'embeddings', meters: 'tokens' }),
    deployment('audio/(?:transcriptions|translations)', {
      name: 'transcriptions',
      capability: 'speech_to_text',
      meters: 'audio',
      usage: transcriptionUsage,
    }),
    deployment('audio/speech', {
      name: 'speech',
      capability: 'text_to_speech',
      meters: 'characters',
      textField: 'input',
    }),
    deployment('images/(?:generations|edits)', { name: 'images', capability: 'images', meters: 'tokens' }),
    {
      name: 'realtime',
      capability: 'realtime',
      method: 'GET',
      path: /^\/openai\/realtime$/,
      model: 'query',
      modelField: 'deployment',
      meters: 'tokens',
    },
    ...openaiSurfaces('/openai/v1', ['realtime']),
    ...row.surfaces,
    {
      name: 'speech service',
      capability: 'text_to_speech',
      method: 'POST',
      path: /^(?:\/tts)?\/cognitiveservices\/v1$/,
      model: 'none',
      meters: 'none',
    },
    {
      name: 'transcription service',
      capability: 'speech_to_text',
      method: 'POST',
      path: /^\/(?:speechtotext\/transcriptions:transcribe|stt\/speech\/recognition(?:\/[^/]+){2,4})$/,
      model: 'none',
      meters: 'none',
    },
    {
      name: 'deployments',
      method: 'GET',
      path: /^\/openai\/(?:deployments|models)(?:\/[^/]+)?$/,
      model: 'none',
      meters: 'none',
    },
  ],
  readClose: failureReader({ rules }).readClose,
  realtime: [socket(/^\/openai\/realtime$/), socket(/^\/openai\/v1\/realtime$/)],
  notes: [
    'Entra ID tokens are not supported: a resource key is needed.',
    'The list of models tells base models, not what is deployed: `/v1/models` lists the deployments that the configuration names (`defaultModel`, `models.allow`).',
  ],
}
