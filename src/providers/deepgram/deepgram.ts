import type { Failure } from '../failure.ts'
import type { Provider } from '../provider.ts'
import { count, seconds, textLength, told } from '../reading/count.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { at } from '../reading/is-record.ts'
import { type Rule, verdict } from '../reading/rules.ts'
import type { SocketRoute, SocketUsage } from '../socket-route.ts'

/** Three shapes of body: `err_code`, `category`, or a plain text. */
const rules: readonly Rule[] = [
  { code: ['invalid_auth'], is: verdict('invalid_key') },
  // One code for two things: the key's scopes (401), and a model that the project may not use (403).
  { code: ['insufficient_permissions'], status: [403], is: verdict('permission_denied', 'plan_lacks_feature') },
  { code: ['insufficient_permissions'], is: verdict('permission_denied', 'missing_scope') },
  {
    code: ['asr_payment_required', 'tts_payment_required', 'payment_required'],
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  { code: ['too_many_requests'], is: verdict('rate_limited') },
  { code: ['project_not_found'], is: verdict('request_invalid') },
  {
    status: [400],
    message: /no such model|model.{0,40}(not found|not exist|combination)/i,
    is: verdict('model_unavailable'),
  },
]
const reading = failureReader({ rules, closes: { 1008: verdict('request_invalid'), 1011: verdict('provider_error') } })
const missesScope = (failure: Failure): boolean => failure.cause === 'missing_scope'

const socket = (path: RegExp, more: Partial<SocketRoute> = {}): SocketRoute => ({
  path,
  upstream: { in: 'header', name: 'authorization', prefix: 'Token ' },
  accepts: [
    { in: 'header', name: 'authorization', prefix: 'Token ' },
    { in: 'header', name: 'authorization', prefix: 'Bearer ' },
    { in: 'subprotocol', before: ['token'] },
    { in: 'subprotocol', before: ['bearer'] },
  ],
  ...more,
})

/** Results and turns tell how far the sound was heard, and the closing metadata the whole. */
const heard: SocketUsage = {
  markers: ['"duration"', '"audio_window_end"'],
  counts: 'last',
  terms: ['streaming'],
  read: (message) => {
    const end = seconds(at(message, 'audio_window_end'))
    const length = seconds(at(message, 'duration'))
    const start = at(message, 'type') === 'Metadata' ? 0 : (seconds(at(message, 'start')) ?? 0)
    return told({ audioSeconds: end ?? (length === undefined ? undefined : seconds(start + length)) })
  },
}
const spoken: SocketUsage = {
  markers: [],
  counts: 'last',
  characters: (message) => textLength(at(message, 'type') === 'Speak' ? at(message, 'text') : undefined),
}

export const deepgram: Provider = {
  id: 'deepgram',
  name: 'Deepgram',
  dialect: 'deepgram',
  origin: 'https://api.deepgram.com',
  // The agent is served there too, which otherwise has a host of its own.
  regions: { eu: 'https://api.eu.deepgram.com', au: 'https://api.au.deepgram.com', in: 'https://api.in.deepgram.com' },
  keyPage: 'https://console.deepgram.com',
  keyNeeds: {
    deepgram_usage_write: 'A key with the permission "usage:write" (role Member).',
    deepgram_credit: 'The project needs credit.',
  },
  keyShapes: [{ pattern: /^[a-z0-9]{40}$/, prefix: '', distinctive: false }],
  maskGap: '...',
  credential: () => ({ header: 'authorization', prefix: 'Token ' }),
  answerHeaders: ['dg-request-id', 'dg-error', 'dg-char-count', 'dg-model-name', 'dg-model-uuid'],
  surfaces: [
    { name: 'transcription', capability: 'speech_to_text', path: /^\/v[12]\/listen$/, model: 'query', meters: 'audio' },
    {
      name: 'speech',
      capability: 'text_to_speech',
      path: /^\/v1\/speak$/,
      model: 'query',
      meters: 'characters',
      textField: 'text',
    },
    { name: 'text analysis', method: 'POST', path: /^\/v1\/read$/, model: 'query', meters: 'none' },
    {
      name: 'agent',
      capability: 'realtime',
      method: 'GET',
      path: /^\/v1\/agent\/converse$/,
      model: 'none',
      meters: 'none',
    },
    { name: 'models', method: 'GET', path: /^\/v1\/models(?:\/[^/]+)?$/, model: 'none', meters: 'none' },
    {
      name: 'projects',
      path: /^\/v1\/(?:projects|auth)(?:\/[^/]+){0,6}$/,
      model: 'none',
      meters: 'none',
      isFree: true,
    },
  ],
  capabilities: ['speech_to_text', 'text_to_speech', 'realtime'],
  models: [
    { id: 'nova-3', hint: 'transcription', recommended: true, capabilities: ['speech_to_text'] },
    { id: 'aura-2-thalia-en', hint: 'english_voice', recommended: true, capabilities: ['text_to_speech'] },
  ],
  defaultModels: { speech_to_text: 'nova-3', text_to_speech: 'aura-2-thalia-en' },
  probes: {
    authenticate: { method: 'GET', path: '/v1/auth/token', provesKey: missesScope },
    can: { text_to_speech: { method: 'POST', path: '/v1/speak?model={model}', body: { text: 'a' } } },
  },
  readFailure: reading.readFailure,
  readStreamOpening: reading.readStreamOpening,
  readClose: reading.readClose,
  // Recordings cost more; Flux is for streams alone.
  priceFactors: [
    { term: 'streaming', model: /^nova-3/, factor: 0.0048 / 0.0077 },
    { term: 'streaming', model: /^flux/, factor: 1 },
  ],
  usage: {
    markers: ['"metadata"'],
    read: (_marker, value) => told({ audioSeconds: seconds(at(value, 'duration')) }),
    readHeaders: (headers) => told({ characters: count(headers['dg-char-count']) }),
  },
  translations: { 'audio/speech': 'deepgram_speech', 'audio/transcriptions': 'deepgram_transcription' },
  realtime: [
    socket(/^\/v[12]\/listen$/, { usage: heard }),
    socket(/^\/v1\/speak$/, { usage: spoken }),
    socket(/^\/v1\/agent\/converse$/, { origin: 'https://agent.deepgram.com' }),
  ],
  notes: ['Audio with several channels is billed per channel; the seconds told are those of the recording.'],
}
