import type { Failure } from '../failure.ts'
import { chatProbe } from '../openai-like/openai-like.ts'
import { openaiUsage } from '../openai-like/usage.ts'
import type { Provider, Surface } from '../provider.ts'
import { seconds, textLength, told } from '../reading/count.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { at } from '../reading/is-record.ts'
import { type Rule, verdict } from '../reading/rules.ts'
import type { SocketCredential, SocketRoute, SocketUsage } from '../socket-route.ts'

const rules: readonly Rule[] = [
  { code: ['invalid_api_key_error', 'authentication_error'], is: verdict('invalid_key') },
  { code: ['insufficient_quota_error'], is: verdict('quota_exhausted', 'out_of_credit') },
  // The same code is a limit at 429 and a busy provider at 503.
  { code: ['rate_limit_exceeded_error'], status: [500, 502, 503, 529], is: verdict('provider_error', 'capacity') },
  { code: ['rate_limit_exceeded_error'], is: verdict('rate_limited') },
  { code: ['unprocessable_entity_error', 'max_page_limit_exceeded'], is: verdict('request_invalid') },
  { code: ['internal_server_error'], is: verdict('provider_error') },
  // A 403 without the key's code comes from Sarvam's edge now and then, on good keys too.
  { status: [403], where: ({ codes }) => codes.length === 0, is: verdict('permission_denied') },
]
const reading = failureReader({ rules })

const text = (name: string, path: RegExp, more: Partial<Surface> = {}): Surface => ({
  name,
  capability: 'translation',
  method: 'POST',
  path,
  model: 'body',
  meters: 'characters',
  textField: 'input',
  ...more,
})
const audio = (name: string, path: RegExp): Surface => ({
  name,
  capability: 'speech_to_text',
  method: 'POST',
  path,
  model: 'form',
  meters: 'audio',
})
const header = { in: 'header', name: 'api-subscription-key' } as const
const subprotocol = { in: 'subprotocol', prefix: 'api-subscription-key.' } as const
/** The older sockets take the key as a subprotocol, the newer one as a header. */
const socket = (path: RegExp, upstream: SocketCredential, usage: SocketUsage): SocketRoute => ({
  path,
  upstream,
  accepts: [header, subprotocol],
  usage,
})
/** Each transcript tells the seconds of its recording. */
const heard: SocketUsage = {
  markers: ['"audio_duration"'],
  counts: 'each',
  read: (message) => told({ audioSeconds: seconds(at(message, 'data', 'metrics', 'audio_duration')) }),
}
const spoken: SocketUsage = {
  markers: [],
  counts: 'last',
  characters: (message) => textLength(at(message, 'type') === 'text' ? at(message, 'data', 'text') : undefined),
}
const listening = /^\/speech-to-text(?:-translate)?\/ws$/
const listeningNow = /^\/speech-to-text-realtime\/ws$/
const speaking = /^\/text-to-speech\/ws$/

/** The body is understood and refused only after the key was: a wrong key answers 403 instead. */
const refusesBody = (failure: Failure): boolean =>
  failure.class === 'request_invalid' || failure.class === 'model_unavailable'

export const sarvam: Provider = {
  id: 'sarvam',
  name: 'Sarvam AI',
  offeredByDefault: true,
  aliases: ['sarvam-ai'],
  dialect: 'sarvam',
  origin: 'https://api.sarvam.ai',
  keyPage: 'https://dashboard.sarvam.ai',
  keyNeeds: {
    sarvam_subscription_key: 'An API subscription key.',
    sarvam_shared_limits: 'Credits and limits belong to the account: all its keys share them.',
  },
  keyShapes: [
    { pattern: /^sk_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,60}$/, prefix: 'sk_', distinctive: false },
    { pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, prefix: '', distinctive: false },
  ],
  maskGap: '...',
  credential: () => ({ header: 'api-subscription-key', prefix: '' }),
  surfaces: [
    {
      name: 'chat',
      capability: 'chat',
      method: 'POST',
      path: /^\/v[12]\/chat\/completions$/,
      model: 'body',
      meters: 'tokens',
    },
    audio('transcription', /^\/speech-to-text$/),
    audio('transcription and translation', /^\/speech-to-text-translate$/),
    text('speech', /^\/text-to-speech(?:\/stream)?$/, { capability: 'text_to_speech', textField: 'text' }),
    text('translation', /^\/translate$/),
    text('transliteration', /^\/transliterate$/, { model: 'none' }),
    text('language detection', /^\/text-lid$/, { model: 'none' }),
    {
      name: 'transcription socket',
      capability: 'speech_to_text',
      method: 'GET',
      path: /^\/speech-to-text(?:-translate|-realtime)?\/ws$/,
      model: 'query',
      meters: 'audio',
    },
    {
      name: 'speech socket',
      capability: 'text_to_speech',
      method: 'GET',
      path: speaking,
      model: 'query',
      meters: 'characters',
    },
    { name: 'jobs', path: /^\/speech-to-text(?:-translate)?\/job(?:\/[^/]+){0,4}$/, model: 'anywhere', meters: 'none' },
    {
      name: 'documents',
      path: /^\/(?:doc-digitization|parse|document-intelligence)(?:\/[^/]+){0,5}$/,
      model: 'none',
      meters: 'none',
    },
    { name: 'dubbing', path: /^\/dubbing(?:\/[^/]+){0,5}$/, model: 'none', meters: 'none' },
    { name: 'models', path: /^\/v[12]\/models$/, model: 'none', meters: 'none' },
  ],
  capabilities: ['chat', 'speech_to_text', 'text_to_speech', 'translation', 'realtime'],
  models: [
    { id: 'sarvam-105b', hint: 'indian_languages', recommended: true, capabilities: ['chat'] },
    { id: 'sarvam-105b-conversations', hint: 'for_dialogues', capabilities: ['chat'] },
    { id: 'saaras:v4', hint: 'newest_transcription', recommended: true, capabilities: ['speech_to_text'] },
    { id: 'saaras:v3', hint: 'earlier_transcription', capabilities: ['speech_to_text'] },
    { id: 'saaras:v2.5', hint: 'into_english_text', capabilities: ['speech_to_text'] },
    { id: 'bulbul:v3', hint: 'newest_voices', recommended: true, capabilities: ['text_to_speech'] },
    { id: 'bulbul:v2', hint: 'earlier_voices', capabilities: ['text_to_speech'] },
    { id: 'mayura:v1', hint: 'translation_with_style', recommended: true, capabilities: ['translation'] },
    { id: 'sarvam-translate:v1', hint: 'translation_22_languages', capabilities: ['translation'] },
  ],
  defaultModels: {
    chat: 'sarvam-105b',
    speech_to_text: 'saaras:v4',
    text_to_speech: 'bulbul:v3',
    translation: 'mayura:v1',
  },
  probes: {
    authenticate: { method: 'POST', path: '/text-lid', body: { input: 'a' }, provesKey: refusesBody },
    can: {
      chat: chatProbe('/v1/chat/completions', { max_tokens: 1 }),
      translation: {
        method: 'POST',
        path: '/translate',
        body: { input: 'a', source_language_code: 'en-IN', target_language_code: 'hi-IN', model: '{model}' },
      },
      text_to_speech: {
        method: 'POST',
        path: '/text-to-speech',
        body: { text: 'a', target_language_code: 'en-IN', model: '{model}' },
      },
    },
  },
  readFailure: reading.readFailure,
  readStreamOpening: reading.readStreamOpening,
  readClose: reading.readClose,
  usage: openaiUsage,
  openai: {
    base: '/v1',
    routes: ['chat/completions'],
    renames: { max_completion_tokens: 'max_tokens' },
    roles: { developer: 'system' },
  },
  translations: { 'audio/speech': 'sarvam_speech', 'audio/transcriptions': 'sarvam_transcription' },
  realtime: [
    socket(listening, subprotocol, heard),
    socket(speaking, subprotocol, spoken),
    socket(listeningNow, header, heard),
  ],
  notes: [
    'A wrong key answers 403, used-up credit 429, and a busy service 503 with the code of a rate limit.',
    'Speech and translation tell no counts: Ownkey counts the characters of the request.',
    'Prices are in Indian rupees.',
  ],
}
