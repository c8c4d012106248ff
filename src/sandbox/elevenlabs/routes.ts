import { type Answer, type Call, modelField, Problem, type Route } from '../call.ts'
import { secondsOf, transcriptOf } from '../content/reply.ts'
import { modelIds } from '../openai/models.ts'
import { keptRoutes } from './kept.ts'
import {
  dialogue,
  music,
  soundGeneration,
  speechToSpeech,
  streamWithTimestamps,
  textToSpeech,
  withTimestamps,
} from './speech.ts'

const subscription = {
  tier: 'sandbox',
  character_count: 0,
  character_limit: 10_000,
  max_character_limit_extension: null,
  max_credit_limit_extension: 0,
  can_extend_character_limit: false,
  allowed_to_extend_character_limit: false,
  next_character_count_reset_unix: 1_893_456_000,
  voice_slots_used: 0,
  professional_voice_slots_used: 0,
  professional_voice_slots_used_in_workspace: 0,
  voice_limit: 10,
  max_voice_add_edits: 30,
  voice_add_edit_counter: 0,
  professional_voice_limit: 0,
  can_extend_voice_limit: false,
  can_use_instant_voice_cloning: false,
  can_use_professional_voice_cloning: false,
  currency: 'usd',
  current_overage: { amount: '0', currency: 'usd' },
  status: 'active',
  billing_period: 'monthly_period',
  character_refresh_period: 'monthly_period',
  open_invoices: [],
  has_open_invoices: false,
}

const user = {
  user_id: 'sandbox',
  workspace_id: 'sandbox',
  subscription,
  is_new_user: false,
  can_use_delayed_payment_methods: false,
  is_onboarding_completed: true,
  is_onboarding_checklist_completed: true,
  created_at: 1_750_000_000,
  seat_type: 'workspace_admin',
}

const voices = [
  { voice_id: '21m00Tcm4TlvDq8ikWAM', name: 'Rachel (sandbox)', category: 'premade', labels: { language: 'en' } },
  { voice_id: 'JBFqnCBsd6RMkjVDRZzb', name: 'George (sandbox)', category: 'premade', labels: { language: 'en' } },
]

function listModels(call: Call): Answer {
  const json = modelIds(call.provider).map((id) => ({
    model_id: id,
    name: `${id} (sandbox)`,
    can_do_text_to_speech: !id.startsWith('scribe'),
    can_do_voice_conversion: false,
    token_cost_factor: /flash|turbo/.test(id) ? 0.5 : 1,
    languages: [{ language_id: 'en', name: 'English' }],
  }))
  return { json }
}

function getVoice(call: Call): Answer {
  const voice = call.parts['voice'] ?? ''
  if (voice.includes('missing')) throw new Problem('voice_not_found', voice)
  return { json: { ...voices[0], voice_id: voice } }
}

async function speechToText(call: Call): Promise<Answer> {
  const form = await call.form()
  modelField(form.fields['model_id'])
  const file = form.files.find((one) => one.field === 'file')
  if (!file && !form.fields['cloud_storage_url'] && !form.fields['source_url'])
    throw new Problem('missing_field', 'file')
  const bytes = file?.bytes ?? 0
  const [text, seconds] = [transcriptOf(bytes), secondsOf(bytes)]
  const spoken = text.split(' ')
  const words = spoken.map((word, index) => ({
    text: word,
    start: (seconds * index) / spoken.length,
    end: (seconds * (index + 1)) / spoken.length,
    type: 'word',
    logprob: 0,
  }))
  const facts = { language_code: 'eng', language_probability: 1, transcription_id: call.requestId }
  return { json: { ...facts, text, words, audio_duration_secs: seconds } }
}

const post = (path: RegExp, answer: Route['answer']): Route => ({ method: 'POST', path, answer })
const get = (path: RegExp, answer: Route['answer']): Route => ({ method: 'GET', path, answer })

export const elevenLabsRoutes: readonly Route[] = [
  ...keptRoutes,
  post(/^\/v1\/text-to-speech\/(?<voice>[^/]+)(?:\/stream)?$/, textToSpeech),
  post(/^\/v1\/text-to-speech\/(?<voice>[^/]+)\/with-timestamps$/, withTimestamps),
  post(/^\/v1\/text-to-speech\/(?<voice>[^/]+)\/stream\/with-timestamps$/, streamWithTimestamps),
  post(/^\/v1\/text-to-dialogue(?:\/stream)?$/, dialogue),
  post(/^\/v1\/sound-generation$/, soundGeneration),
  post(/^\/v1\/speech-to-speech\/(?<voice>[^/]+)(?:\/stream)?$/, speechToSpeech),
  post(/^\/v1\/music(?:\/stream)?$/, music),
  post(/^\/v1\/speech-to-text$/, speechToText),
  post(/^\/v1\/single-use-token\/[^/]+$/, ({ requestId }) => ({ json: { token: `sutkn_${requestId}` } })),
  get(/^\/v1\/history$/, () => ({ json: { history: [], last_history_item_id: null, has_more: false } })),
  get(/^\/v1\/models$/, listModels),
  get(/^\/v1\/user$/, () => ({ json: user })),
  get(/^\/v1\/user\/subscription$/, () => ({ json: subscription })),
  get(/^\/v1\/voices$/, () => ({ json: { voices } })),
  get(/^\/v2\/voices$/, () => ({
    json: { voices, has_more: false, total_count: voices.length, next_page_token: null },
  })),
  get(/^\/v1\/voices\/(?<voice>[^/]+)$/, getVoice),
]

const permissions: readonly [RegExp, string][] = [
  [/^\/v1\/text-to-(speech|dialogue)/, 'text_to_speech'],
  [/^\/v1\/speech-to-text/, 'speech_to_text'],
  [/^\/v1\/speech-to-speech/, 'speech_to_speech'],
  [/^\/v1\/sound-generation/, 'sound_generation'],
  [/^\/v1\/user/, 'user_read'],
  [/^\/v\d\/voices/, 'voices_read'],
  [/^\/v1\/models/, 'models_read'],
  [/^\/v1\/history/, 'speech_history_read'],
  [/^\/v1\/dubbing/, 'dubbing_read'],
]

/** The permission that a restricted key would lack for this path. */
export function elevenLabsPermission(path: string): string {
  return permissions.find(([expression]) => expression.test(path))?.[1] ?? 'workspace_read'
}
