import type { Failure } from '../failure.ts'
import type { Provider, Surface } from '../provider.ts'
import { count, seconds, textLength, told } from '../reading/count.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { at } from '../reading/is-record.ts'
import { type Rule, verdict } from '../reading/rules.ts'

/** The word that matters is in `detail.status` or in `detail.code`; both are read. */
const rules: readonly Rule[] = [
  { code: ['missing_permissions', 'missing_permission'], is: verdict('permission_denied', 'missing_scope') },
  {
    code: [
      'paid_plan_required',
      'can_not_use_instant_voice_cloning',
      'can_not_use_professional_voice_cloning',
      'only_for_creator+',
      'subscription_required',
      'feature_not_available',
      'free_users_not_allowed',
      'voice_access_denied',
    ],
    is: verdict('permission_denied', 'plan_lacks_feature'),
  },
  {
    status: [401, 402, 403],
    message:
      /free (users|tier|plan)\b.{0,60}\b(cannot|can not|can't|not allowed)|(upgrade|subscribe) .{0,40}\b(plan|tier|subscription)/i,
    where: ({ codes }) => !codes.includes('detected_unusual_activity') && !codes.includes('quota_exceeded'),
    is: verdict('permission_denied', 'plan_lacks_feature'),
  },
  {
    code: [
      'quota_exceeded',
      'insufficient_credits',
      'credits_exhausted',
      'character_limit_exceeded',
      'payment_issue',
      'payment_required',
      'failed_payment',
    ],
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  // The free plan's guard looks at the gateway's address (data centre, VPN), not at the key.
  { code: ['detected_unusual_activity'], is: verdict('permission_denied', 'egress_blocked') },
  {
    code: [
      'max_character_limit_exceeded',
      'text_too_long',
      'voice_not_found',
      'voice_does_not_exist',
      'invalid_voice_id',
    ],
    is: verdict('request_invalid'),
  },
  { code: ['content_against_policy', 'content_moderation', 'blocked_content'], is: verdict('content_refused') },
  {
    code: ['too_many_concurrent_requests', 'concurrent_limit_exceeded', 'concurrency_limit_exceeded'],
    is: verdict('rate_limited'),
  },
  { code: ['system_busy'], status: [0, 429], is: verdict('rate_limited', 'capacity') },
  { code: ['system_busy'], is: verdict('provider_error', 'capacity') },
  {
    code: ['needs_authorization', 'invalid_authorization_header', 'invalid_api_key', 'missing_api_key'],
    is: verdict('invalid_key'),
  },
]
const reading = failureReader({ rules })
const missesScope = (failure: Failure): boolean => failure.cause === 'missing_scope'

const characters = (name: string, path: RegExp, textField: string): Surface => ({
  name,
  capability: 'text_to_speech',
  method: 'POST',
  path,
  model: 'body',
  modelField: 'model_id',
  meters: 'characters',
  textField,
})
const audio = (name: string, path: RegExp): Surface => ({
  name,
  capability: 'speech_to_text',
  method: 'POST',
  path,
  model: 'form',
  modelField: 'model_id',
  meters: 'audio',
})
const speechSocket = /^\/v1\/text-to-speech\/[^/]+\/(?:multi-)?stream-input$/
const scribeSocket = /^\/v1\/speech-to-text\/realtime$/
const key = { in: 'header', name: 'xi-api-key' } as const

/** The first text must be one space, which is not spoken. */
const opensWithSpace = (message: unknown): boolean => at(message, 'text') === ' '

export const elevenlabs: Provider = {
  id: 'elevenlabs',
  name: 'ElevenLabs',
  offeredByDefault: true,
  aliases: ['eleven-labs', '11labs'],
  dialect: 'elevenlabs',
  origin: 'https://api.elevenlabs.io',
  regions: {
    us: 'https://api.us.elevenlabs.io',
    eu: 'https://api.eu.residency.elevenlabs.io',
    in: 'https://api.in.residency.elevenlabs.io',
    sg: 'https://api.sg.residency.elevenlabs.io',
  },
  keyPage: 'https://elevenlabs.io/app/settings/api-keys',
  keyNeeds: {
    elevenlabs_permissions: 'If you restrict the key, allow "Text to Speech" and, where it is used, "Speech to Text".',
    elevenlabs_credit: 'A credit limit on the key counts too: with no credits left every request is refused.',
    elevenlabs_residency: 'Workspaces with data residency have their own keys: choose the region of your workspace.',
  },
  keyShapes: [
    { pattern: /^sk_[0-9a-f]{48}$/, prefix: 'sk_', distinctive: true },
    { pattern: /^[0-9a-f]{32}$/, prefix: '', distinctive: false },
  ],
  maskGap: '...',
  credential: () => ({ header: 'xi-api-key', prefix: '' }),
  answerHeaders: [
    'character-cost',
    'x-trace-id',
    'x-region',
    'current-concurrent-requests',
    'maximum-concurrent-requests',
    'history-item-id',
    'song-id',
  ],
  surfaces: [
    characters('speech', /^\/v1\/text-to-speech\/[^/]+(?:\/stream)?(?:\/with-timestamps)?$/, 'text'),
    characters('dialogue', /^\/v1\/text-to-dialogue(?:\/stream)?(?:\/with-timestamps)?$/, 'inputs'),
    { ...characters('sound effects', /^\/v1\/sound-generation$/, 'text'), meters: 'none' },
    audio('transcription', /^\/v1\/speech-to-text$/),
    { ...audio('speech to speech', /^\/v1\/speech-to-speech\/[^/]+(?:\/stream)?$/), capability: 'text_to_speech' },
    {
      name: 'speech socket',
      capability: 'text_to_speech',
      method: 'GET',
      path: speechSocket,
      model: 'query',
      modelField: 'model_id',
      meters: 'characters',
    },
    {
      name: 'transcription socket',
      capability: 'speech_to_text',
      method: 'GET',
      path: scribeSocket,
      model: 'query',
      modelField: 'model_id',
      meters: 'audio',
    },
    { name: 'dubbing', path: /^\/v1\/dubbing(?:\/[^/]+){0,8}$/, model: 'none', meters: 'none' },
    {
      name: 'music',
      path: /^\/v1\/music(?:\/[^/]+){0,2}$/,
      model: 'anywhere',
      modelField: 'model_id',
      meters: 'none',
    },
    { name: 'models', path: /^\/v1\/models$/, model: 'none', meters: 'none' },
    { name: 'voices', path: /^\/v[12]\/voices(?:\/[^/]+){0,4}$/, model: 'none', meters: 'none', isFree: true },
    { name: 'account', path: /^\/v1\/(?:user|history|usage)(?:\/[^/]+){0,3}$/, model: 'none', meters: 'none' },
  ],
  capabilities: ['text_to_speech', 'speech_to_text', 'realtime'],
  models: [
    { id: 'eleven_flash_v2_5', hint: 'fastest_half_price', capabilities: ['text_to_speech'] },
    {
      id: 'eleven_multilingual_v2',
      hint: 'stable_in_29_languages',
      recommended: true,
      capabilities: ['text_to_speech'],
    },
    { id: 'eleven_v3', hint: 'most_expressive_of_generation', capabilities: ['text_to_speech'] },
    { id: 'eleven_v4', hint: 'newest_most_expressive', capabilities: ['text_to_speech'] },
    { id: 'eleven_v4_turbo', hint: 'newest_faster', capabilities: ['text_to_speech'] },
    { id: 'scribe_v2', hint: 'transcription', recommended: true, capabilities: ['speech_to_text'] },
    { id: 'scribe_v2_turbo', hint: 'faster_transcription', capabilities: ['speech_to_text'] },
  ],
  defaultModels: { text_to_speech: 'eleven_multilingual_v2', speech_to_text: 'scribe_v2' },
  probes: {
    // A key restricted to speech may see neither this route nor the models: the refusal then proves the key.
    authenticate: { method: 'GET', path: '/v1/user', provesKey: missesScope },
    can: {
      // A voice of every account; one letter costs one credit or less.
      text_to_speech: {
        method: 'POST',
        path: '/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM?output_format=mp3_22050_32',
        body: { text: 'a', model_id: '{model}' },
        // An account without this voice got past the key and its permissions.
        provesKey: (failure) => failure.class === 'request_invalid',
      },
    },
  },
  readFailure: reading.readFailure,
  readStreamOpening: reading.readStreamOpening,
  readClose: reading.readClose,
  usage: {
    markers: ['"audio_duration_secs"'],
    read: (_marker, value) => told({ audioSeconds: seconds(value) }),
    readHeaders: (headers) => told({ characters: count(headers['character-cost']) }),
    charactersAreCredits: true,
  },
  translations: { 'audio/speech': 'elevenlabs_speech', 'audio/transcriptions': 'elevenlabs_transcription' },
  realtime: [
    {
      path: speechSocket,
      upstream: key,
      accepts: [key, { in: 'first_message', name: 'xi_api_key' }, { in: 'query', name: 'single_use_token' }],
      usage: {
        markers: [],
        counts: 'last',
        characters: (message) => (opensWithSpace(message) ? 0 : textLength(at(message, 'text'))),
      },
    },
    { path: scribeSocket, upstream: key, accepts: [key, { in: 'query', name: 'token' }] },
    {
      path: /^\/v1\/convai\/conversation$/,
      upstream: key,
      accepts: [key, { in: 'query', name: 'conversation_signature' }],
    },
  ],
  notes: [
    'Credits that are used up answer 401, as does a missing permission: both are told apart from a wrong key.',
    '`character-cost` tells credits, and fast models cost half a credit a character: booked are the characters, never fewer than the text has.',
  ],
}
