import type { Capability } from '../../contract/index.ts'
import { readAnthropicUsage } from '../anthropic/index.ts'
import type { Failure } from '../failure.ts'
import { openaiSurfaces } from '../openai-like/surfaces.ts'
import { readOpenaiUsage } from '../openai-like/usage.ts'
import type { Probe, Provider, Surface } from '../provider.ts'
import { count, told } from '../reading/count.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { at, isRecord } from '../reading/is-record.ts'
import { type Rule, verdict } from '../reading/rules.ts'
import type { Usage } from '../usage-reading.ts'
import { awsEventStream } from './event-frames.ts'
import { regions } from './regions.ts'

/** `x-amzn-errortype` names the exception; a bad bearer key comes without it and with a capital `Message`. */
const rules: readonly Rule[] = [
  { code: ['expiredtokenexception', 'expiredtoken'], is: verdict('invalid_key', 'expired') },
  {
    status: [0, 401, 403],
    message: /(bearer )?token has expired|security token .{0,40}expired/i,
    is: verdict('invalid_key', 'expired'),
  },
  {
    code: [
      'unrecognizedclientexception',
      'invalidsignatureexception',
      'missingauthenticationtokenexception',
      'missingauthenticationtoken',
      'incompletesignatureexception',
      'invalidclienttokenid',
    ],
    is: verdict('invalid_key'),
  },
  {
    status: [0, 401, 403],
    message: /authentication failed|security token .{0,40}invalid|invalid bearer token|api key is valid/i,
    is: verdict('invalid_key'),
  },
  {
    status: [403],
    message: /not authorized to perform|explicit deny|identity-based policy/i,
    is: verdict('permission_denied', 'missing_scope'),
  },
  { message: /marked by provider as legacy/i, is: verdict('model_unavailable') },
  { status: [0, 403], message: /don.t have access to the model/i, is: verdict('permission_denied') },
  { code: ['accessdeniedexception', 'accessdenied'], is: verdict('permission_denied') },
  // A proxy on the way may take the header with the exception's name.
  {
    status: [0, 400],
    message:
      /model identifier|on-demand throughput|inference profile|model .{0,60}(not (found|supported)|end of (its )?life)/i,
    is: verdict('model_unavailable'),
  },
  { status: [0, 400], message: /unsupported countries/i, is: verdict('permission_denied', 'geo_blocked') },
  { code: ['validationexception'], is: verdict('request_invalid') },
  { code: ['resourcenotfoundexception'], message: /\bmodel|inference profile/i, is: verdict('model_unavailable') },
  {
    code: ['throttlingexception', 'throttledexception', 'toomanyrequestsexception'],
    message: /per day|daily/i,
    is: verdict('quota_exhausted', 'quota_period'),
  },
  { code: ['throttlingexception', 'throttledexception', 'toomanyrequestsexception'], is: verdict('rate_limited') },
  { code: ['modelnotreadyexception'], is: verdict('rate_limited', 'capacity') },
  { code: ['servicequotaexceededexception'], is: verdict('quota_exhausted', 'spend_limit') },
  { code: ['serviceunavailableexception'], is: verdict('provider_error', 'capacity') },
  {
    code: [
      'modelerrorexception',
      'modelstreamerrorexception',
      'modeltimeoutexception',
      'internalserverexception',
      'internalfailure',
    ],
    is: verdict('provider_error'),
  },
]
const reading = failureReader({ rules })

function readUsage(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  if (usage['inputTokens'] === undefined && usage['outputTokens'] === undefined) return readOther(usage)
  return told({
    inputTokens: count(usage['inputTokens']),
    outputTokens: count(usage['outputTokens']),
    cacheReadTokens: count(usage['cacheReadInputTokens']),
    cacheWriteTokens: count(usage['cacheWriteInputTokens']),
  })
}

/** `InvokeModel` answers in the model maker's own words: Anthropic's, or OpenAI's. */
function readOther(usage: Record<string, unknown>): Usage {
  return usage['input_tokens_details'] === undefined ? readAnthropicUsage(usage) : readOpenaiUsage(usage)
}

/** What Amazon counted for a stream of `InvokeModelWithResponseStream`, in its last event. */
const invocationMetrics = '"amazon-bedrock-invocationMetrics"'
const readMetrics = (metrics: unknown): Usage =>
  told({
    inputTokens: count(at(metrics, 'inputTokenCount')),
    outputTokens: count(at(metrics, 'outputTokenCount')),
    cacheReadTokens: count(at(metrics, 'cacheReadInputTokenCount')),
    cacheWriteTokens: count(at(metrics, 'cacheWriteInputTokenCount')),
  })

const model = '(?<model>[^/]+)'
const call = (name: string, verbs: string): Surface => ({
  name,
  capability: 'chat',
  method: 'POST',
  path: new RegExp(`^/model/${model}/(?:${verbs})$`),
  model: 'path',
  dialect: 'aws',
  meters: 'tokens',
})

/** What a model makes shows only in its name. */
const madeBy = (name: string, capability: Capability, named: string): Surface => ({
  name,
  capability,
  method: 'POST',
  path: new RegExp(`^/model/(?<model>${named})/invoke$`),
  model: 'path',
  dialect: 'aws',
  meters: 'tokens',
})

const chat: Probe = {
  method: 'POST',
  path: '/model/{model}/converse',
  body: { messages: [{ role: 'user', content: [{ text: 'ok' }] }], inferenceConfig: { maxTokens: 1 } },
}
/** The key was read before the request was refused. */
const knowsKey = ({ class: name, code, cause }: Failure): boolean =>
  name === 'permission_denied'
    ? code !== undefined || cause !== undefined
    : name !== 'invalid_key' && name !== 'provider_error' && name !== 'rate_limited'

export const bedrock: Provider = {
  id: 'bedrock',
  name: 'Amazon Bedrock',
  priceCatalogue: 'aws',
  aliases: ['aws-bedrock', 'amazon-bedrock'],
  dialect: 'openai',
  origin: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  regions,
  keyPage: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
  keyNeeds: {
    bedrock_api_key: 'A Bedrock API key (ABSK…), not an access key of AWS.',
    bedrock_region: 'The region in which the key was made: on another region’s host it looks like a wrong key.',
    bedrock_model_access: 'Access to the model, which some makers grant only after a form.',
  },
  keyShapes: [
    { pattern: /^ABSK[A-Za-z0-9+/]{100,280}={0,2}$/, prefix: 'ABSK', distinctive: true },
    { pattern: /^bedrock-api-key-[A-Za-z0-9+/=_-]{20,4000}$/, prefix: 'bedrock-api-key-', distinctive: true },
  ],
  maskGap: '...',
  credential: () => ({ header: 'authorization', prefix: 'Bearer ' }),
  dropRequestHeaders: [
    'x-amz-security-token',
    'x-amz-date',
    'x-amz-content-sha256',
    'openai-organization',
    'openai-project',
  ],
  answerHeaders: ['x-amzn-requestid', 'x-amzn-errortype', 'x-amzn-bedrock-*'],
  surfaces: [
    call('converse', 'converse|converse-stream'),
    madeBy('embed', 'embeddings', '[^/]*embed[^/]*'),
    madeBy('images', 'images', '(?:[^/]*\\.)?(?:stability\\.|amazon\\.(?:titan-image|nova-canvas))[^/]*'),
    call('invoke', 'invoke|invoke-with-response-stream'),
    {
      name: 'count tokens',
      method: 'POST',
      path: new RegExp(`^/model/${model}/count-tokens$`),
      model: 'path',
      dialect: 'aws',
      meters: 'none',
      isFree: true,
    },
    // The last three stand on the hosts of `bedrock-mantle`.
    ...openaiSurfaces('(?:/openai)?/v1', ['chat', 'responses', 'models']),
    ...openaiSurfaces('/anthropic/v1', ['messages']),
    { name: 'guardrails', path: /^\/guardrail(?:\/[^/]+){1,4}$/, model: 'none', dialect: 'aws', meters: 'none' },
  ],
  capabilities: ['chat', 'vision', 'embeddings', 'images'],
  // Ids that begin with `global.` serve in every region; a region's own profiles begin with `eu.`, `us.` and so on.
  models: [
    { id: 'global.amazon.nova-2-lite-v1:0', hint: 'fast_and_inexpensive', capabilities: ['chat', 'vision'] },
    { id: 'amazon.nova-pro-v1:0', hint: 'larger', capabilities: ['chat', 'vision'] },
    { id: 'global.anthropic.claude-sonnet-4-6-v1:0', hint: 'claude_balanced', capabilities: ['chat', 'vision'] },
    { id: 'global.anthropic.claude-haiku-4-5-20251001-v1:0', hint: 'claude_fast', capabilities: ['chat', 'vision'] },
    { id: 'openai.gpt-oss-120b-1:0', hint: 'open_with_reasoning', capabilities: ['chat'] },
  ],
  defaultModels: {},
  probes: {
    // Nothing can be listed on this host: a request without messages is refused after the key was accepted.
    authenticate: {
      method: 'POST',
      path: '/model/amazon.nova-micro-v1:0/converse',
      body: { messages: [] },
      provesKey: knowsKey,
    },
    can: { chat, vision: chat },
  },
  readFailure: reading.readFailure,
  readStreamOpening: reading.readStreamOpening,
  framing: awsEventStream,
  usage: {
    markers: ['"usage"', invocationMetrics],
    read: (marker, value) => (marker === invocationMetrics ? readMetrics(value) : readUsage(value)),
    readHeaders: (headers) =>
      told({
        inputTokens: count(headers['x-amzn-bedrock-input-token-count']),
        outputTokens: count(headers['x-amzn-bedrock-output-token-count']),
      }),
  },
  openai: { base: '/openai/v1', routes: ['chat/completions'] },
  notes: [
    'API keys only: requests signed with SigV4 are not supported.',
    "AWS’s SDK for JavaScript speaks HTTP/2 by itself, which a plain `http://` address does not: give it the handler for HTTP/1.1, as in `new BedrockRuntimeClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:8787/bedrock', token: { token: 'okt_…' }, authSchemePreference: ['httpBearerAuth'], requestHandler: new NodeHttpHandler() })` with `NodeHttpHandler` of `@smithy/node-http-handler`. Behind a TLS proxy that speaks HTTP/2 it needs none.",
    'Streams are AWS event streams, except on the OpenAI-compatible route.',
    'Model ids with the prefix `eu.`, `us.` or `global.` are inference profiles.',
  ],
}
