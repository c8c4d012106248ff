import { type Answer, type Call, Problem, type Route } from '../call.ts'
import { soundOf } from '../content/sound.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'

const voiceSettings = { stability: 0.5, similarity_boost: 0.75, style: 0, use_speaker_boost: true, speed: 1 }
const settings = (): Answer => ({ json: { ...voiceSettings, sandbox: true } })

const sound = (): Answer => ({
  headers: { 'content-type': 'audio/mpeg' },
  bytes: soundOf({ kind: 'mp3', sampleRate: 44_100 }, 1),
})

/** `GET /v1/history/{id}`: nothing is kept, so every id of the sandbox names the same item. */
function historyItem({ parts: { id = '' } }: Call): Answer {
  if (!id.includes('sandbox')) throw new Problem('route_not_found', id)
  const item = { history_item_id: id, voice_id: '21m00Tcm4TlvDq8ikWAM', voice_name: 'Rachel (sandbox)', text: '' }
  const counts = { date_unix: 1_750_000_000, character_count_change_from: 0, character_count_change_to: 1 }
  return { json: { ...item, ...counts, content_type: 'audio/mpeg', state: 'created', source: 'TTS' } }
}

const done = (): Answer => ({ json: { status: 'ok', sandbox: true } })

async function dub(call: Call): Promise<Answer> {
  const { fields } = await call.form()
  const language = fields['target_lang']
  if (!language) throw new Problem('missing_field', 'target_lang')
  return { json: { dubbing_id: tellingId('', [language.slice(0, 20)]), expected_duration_sec: 1 } }
}

/** `GET /v1/dubbing/{id}`: done as soon as somebody asks. */
function dubbing({ parts: { id = '' } }: Call): Answer {
  const [language] = factsOfId('', id)
  const facts = { dubbing_id: id, name: 'sandbox', status: 'dubbed', target_languages: [language], editable: false }
  return { json: { ...facts, created_at: '2026-01-01T00:00:00Z', error: null } }
}

const id = '(?<id>[^/]+)'
const route = (method: string, path: string, answer: Route['answer']): Route => ({
  method,
  path: new RegExp(`^/v1/${path}$`),
  answer,
})

/** What an account keeps: history, dubbings, settings of voices. */
export const keptRoutes: readonly Route[] = [
  route('GET', `history/${id}`, historyItem),
  route('GET', `history/${id}/audio`, sound),
  route('DELETE', `history/${id}`, done),
  route('POST', 'dubbing', dub),
  route('GET', 'dubbing', () => ({ json: { dubs: [], has_more: false, next_cursor: null } })),
  route('GET', `dubbing/${id}`, dubbing),
  route('GET', `dubbing/${id}/audio/[^/]+`, sound),
  route('DELETE', `dubbing/${id}`, done),
  route('GET', 'voices/settings/default', settings),
  route('GET', `voices/${id}/settings`, settings),
  route('POST', `voices/${id}/settings/edit`, done),
  route('DELETE', `voices/${id}`, done),
  route('GET', 'usage/character-stats', () => ({ json: { time: [], usage: {}, sandbox: true } })),
]
