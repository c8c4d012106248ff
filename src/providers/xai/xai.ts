import type { Failure, ProviderAnswer } from '../failure.ts'
import type { JobPlace, JobReading } from '../job-reading.ts'
import { laterAnswer } from '../openai-like/jobs.ts'
import { openaiLike } from '../openai-like/openai-like.ts'
import { openaiSocketUsage } from '../openai-like/socket-usage.ts'
import type { Provider } from '../provider.ts'
import { at, type Json } from '../reading/is-record.ts'
import { ticksPerDollar, withToldCost } from '../reading/told-cost.ts'
import { xaiRules } from '../vendor-rules.ts'

/** `/v1/api-key` answers 200 for a key that is blocked, and says so. */
function readXaiKey({ body }: ProviderAnswer): Failure | undefined {
  if (at(body, 'api_key_blocked') === true || at(body, 'api_key_disabled') === true)
    return { class: 'invalid_key', cause: 'revoked' }
  return at(body, 'team_blocked') === true ? { class: 'permission_denied', cause: 'account_disabled' } : undefined
}

const row = openaiLike({
  id: 'xai',
  name: 'xAI (Grok)',
  priceCatalogue: 'x-ai',
  aliases: ['grok', 'x-ai'],
  origin: 'https://api.x.ai',
  regions: { 'us-east-1': 'https://us-east-1.api.x.ai', 'eu-west-1': 'https://eu-west-1.api.x.ai' },
  base: '/v1',
  surfaces: [
    'chat',
    'responses',
    'images',
    'realtime',
    'xaiSpeech',
    'xaiTranscription',
    'models',
    'files',
    'completions',
    'account',
  ],
  keyPage: 'https://console.x.ai',
  keyNeeds: { xai_access_list: 'The key’s access list must contain the endpoints and models; the team needs credits.' },
  keyShapes: [{ pattern: /^xai-[0-9A-Za-z_]{80}$/, prefix: 'xai-', distinctive: true }],
  models: [
    { id: 'grok-4.7', hint: 'newest', recommended: true, capabilities: ['chat', 'vision'] },
    { id: 'grok-4.6', hint: 'earlier', capabilities: ['chat', 'vision'] },
    { id: 'grok-4.3', hint: 'less_expensive', capabilities: ['chat', 'vision'] },
    { id: 'grok-tts', capabilities: ['text_to_speech'] },
    { id: 'grok-stt', hint: 'transcription', capabilities: ['speech_to_text'] },
  ],
  defaultModels: { chat: 'grok-4.7', vision: 'grok-4.7', text_to_speech: 'grok-tts', speech_to_text: 'grok-stt' },
  authenticate: { method: 'GET', path: '/v1/api-key', readAnswer: readXaiKey },
  rules: xaiRules,
  more: {
    translations: { 'audio/speech': 'xai_speech', 'audio/transcriptions': 'xai_transcription' },
    realtime: [
      {
        path: /^\/v1\/realtime$/,
        upstream: { in: 'header', name: 'authorization', prefix: 'Bearer ' },
        accepts: [
          { in: 'header', name: 'authorization', prefix: 'Bearer ' },
          { in: 'subprotocol', prefix: 'xai-client-secret.' },
        ],
        usage: openaiSocketUsage,
      },
    ],
    notes: [
      'Answers tell what they cost: that is what is booked, where the operator has set no price; of a video or a batch, once it is asked for at its own address.',
      'A wrong key answers 400, used-up credit 403 or 429: the text decides.',
      'Speech and transcription take no model: `grok-tts` and `grok-stt` are their names in the one dialect, and do not go up.',
    ],
  },
})

/** A chat that is deferred, and every video, is answered with an id, and its answer is told at an address of its own. */
const order: JobReading = {
  places: [{ path: [], fields: ['id', 'request_id'], counts: 'last', read: readDeferred }],
}

function readDeferred({ id, request_id: request }: Json): ReturnType<JobPlace['read']> {
  if (id !== undefined) return 'no job'
  return typeof request === 'string' ? { names: [request] } : undefined
}

/** What is answered later, by the id that its order was answered with. */
const later = (name: string, path: RegExp): Provider['surfaces'][number] => ({
  name,
  method: 'GET',
  path,
  model: 'none',
  meters: 'tokens',
  isFree: true,
  job: { places: [laterAnswer([])] },
})

/** A batch tells at its own address what all of its requests have cost so far. Its results come in pages, which are not read. */
const batch: JobReading = {
  places: [{ path: [], fields: ['batch_id', 'cost_breakdown'], counts: 'last', read: readBatch }],
}

function readBatch({ batch_id: id, cost_breakdown: cost }: Json): ReturnType<JobPlace['read']> {
  if (typeof id !== 'string') return undefined
  const ticks = Number(at(cost, 'total_cost_usd_ticks') ?? 0)
  return { names: [id], ...(ticks > 0 && { usage: { dollars: ticks / ticksPerDollar } }) }
}

const batchSurfaces: Provider['surfaces'] = [
  {
    name: 'batches',
    method: 'POST',
    path: /^\/v1\/batches$/,
    model: 'anywhere',
    modelsInFile: 'input_file_id',
    meters: 'none',
    job: batch,
  },
  {
    name: 'batches',
    method: 'GET',
    path: /^\/v1\/batches\/(?<job>[^/]+)$/,
    model: 'none',
    meters: 'tokens',
    isFree: true,
    job: batch,
  },
  { name: 'batches', path: /^\/v1\/batches(?:\/[^/]+){0,3}$/, model: 'anywhere', meters: 'none', isFree: true },
]

export const xai: Provider = {
  ...row,
  usage: withToldCost(row.usage),
  surfaces: [
    later('deferred chat', /^\/v1\/chat\/deferred-completion\/(?<job>[^/]+)$/),
    {
      name: 'videos',
      method: 'POST',
      path: /^\/v1\/videos\/(?:generations|edits|extensions)$/,
      model: 'body',
      meters: 'none',
      job: order,
    },
    later('videos', /^\/v1\/videos\/(?<job>[^/]+)$/),
    ...batchSurfaces,
    ...row.surfaces.map((surface) => ({
      ...surface,
      ...(surface.name === 'chat' && { job: order }),
      ...(surface.usage && { usage: withToldCost(surface.usage) }),
    })),
  ],
}
