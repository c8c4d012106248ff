import { number } from '../chat/read-chat.ts'
import { cannotDo, invalid } from '../invalid.ts'
import { isRecord, parseRequest } from '../json.ts'

export const speechFormats = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const
export type SpeechFormat = (typeof speechFormats)[number]

/** A request for speech. */
export interface SpeechRequest {
  input: string
  voice: string
  format: SpeechFormat
  speed: number | undefined
}

export interface SpeechAbility {
  formats: readonly SpeechFormat[]
  /** Absent: only the voice's own pace. */
  speed?: { least: number; most: number }
}

const fields: ReadonlySet<string> = new Set(['model', 'input', 'voice', 'response_format', 'speed', 'stream_format'])

/** @throws request_invalid for a malformed field, and for each that the provider cannot do */
export function readSpeech(
  bytes: Buffer,
  { provider, ability }: { provider: string; ability: SpeechAbility },
): SpeechRequest {
  const body = parseRequest(bytes)
  const unknown = Object.keys(body).find((field) => !fields.has(field))
  if (unknown !== undefined) throw cannotDo(unknown, provider)
  if (body['stream_format'] !== undefined && body['stream_format'] !== 'audio')
    throw cannotDo('stream_format', provider, 'its speech comes as audio, not as events')
  const { input, voice } = body
  if (typeof input !== 'string' || input === '') throw invalid('input', 'it must be a text')
  const named = isRecord(voice) ? voice['id'] : voice
  if (typeof named !== 'string' || named === '') throw invalid('voice', 'it must name a voice')
  const format = speechFormats.find((one) => one === (body['response_format'] ?? 'mp3'))
  if (format === undefined) throw invalid('response_format', `it must be one of ${speechFormats.join(', ')}`)
  if (!ability.formats.includes(format))
    throw cannotDo('response_format', provider, `it can answer ${ability.formats.join(', ')}`)
  return {
    input,
    voice: named,
    format,
    speed: speedOf(number(body, 'speed', { least: 0.25, most: 4 }), { provider, ability }),
  }
}

function speedOf(
  speed: number | undefined,
  { provider, ability }: { provider: string; ability: SpeechAbility },
): number | undefined {
  if (speed === undefined || speed === 1) return undefined
  if (ability.speed === undefined) throw cannotDo('speed', provider)
  const { least, most } = ability.speed
  if (speed < least || speed > most) throw cannotDo('speed', provider, `it takes ${least} to ${most}`)
  return speed
}
