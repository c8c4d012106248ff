import { parseForm } from '../form.ts'
import { cannotDo, invalid } from '../invalid.ts'
import { entryOf } from '../json.ts'
import type { DialectCall } from '../translation.ts'
import { type TranscriptFormat, transcriptFormats } from './transcript.ts'

/** A transcription request, read from its form. */
export interface TranscriptionRequest {
  file: { name: string; type: string; bytes: Buffer }
  format: TranscriptFormat
  /** ISO 639-1, or as the provider takes it. */
  language: string | undefined
  prompt: string | undefined
  temperature: number | undefined
  /** Time stamps of words were asked for. */
  words: boolean
}

/** What a provider's transcription can be asked. */
export interface TranscriptionAbility {
  formats: readonly TranscriptFormat[]
  /** Optional fields that it has too. */
  fields: readonly ('prompt' | 'temperature')[]
}

const always: ReadonlySet<string> = new Set(['file', 'model', 'language', 'response_format', 'timestamp_granularities'])

/** @throws request_invalid for a malformed form, and for each field that the provider cannot do */
export function readTranscription(
  { body, contentType }: DialectCall,
  { provider, ability }: { provider: string; ability: TranscriptionAbility },
): TranscriptionRequest {
  const fields = new Map<string, string[]>()
  let file: TranscriptionRequest['file'] | undefined
  for (const { name, filename, type, bytes } of parseForm(body, contentType)) {
    const field = name.replace(/\[\d*\]$/, '')
    if (field === 'file') file = { name: filename ?? 'audio', type: typeOf(type, filename), bytes }
    else fields.set(field, [...(fields.get(field) ?? []), bytes.toString('utf8')])
  }
  for (const [field, values] of fields) {
    const isOff = field === 'stream' && values.every((value) => value === 'false')
    if (!always.has(field) && !ability.fields.includes(field as 'prompt') && !isOff) throw cannotDo(field, provider)
  }
  if (file === undefined || file.bytes.length === 0) throw invalid('file', 'the form must have an audio file')
  const granularities = fields.get('timestamp_granularities') ?? []
  const words = granularities.includes('word')
  const format = formatOf(fields.get('response_format')?.[0] ?? 'json', { provider, ability })
  if (granularities.length > 0 && format !== 'verbose_json')
    throw invalid('timestamp_granularities', 'it goes with response_format verbose_json only')
  return {
    file,
    format,
    language: fields.get('language')?.[0] || undefined,
    prompt: fields.get('prompt')?.[0] || undefined,
    temperature: temperatureOf(fields.get('temperature')?.[0]),
    words,
  }
}

function formatOf(
  name: string,
  { provider, ability }: { provider: string; ability: TranscriptionAbility },
): TranscriptFormat {
  const format = transcriptFormats.find((one) => one === name)
  if (format === undefined)
    throw cannotDo('response_format', provider, `${JSON.stringify(name.slice(0, 40))} is not known here`)
  if (!ability.formats.includes(format))
    throw cannotDo('response_format', provider, `it can answer ${ability.formats.join(', ')}`)
  return format
}

function temperatureOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (value >= 0 && value <= 1) return value
  throw invalid('temperature', 'it must be a number from 0 to 1')
}

const types: Readonly<Record<string, string>> = {
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  mpeg: 'audio/mpeg',
  mpga: 'audio/mpeg',
  m4a: 'audio/mp4',
  mp4: 'audio/mp4',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  webm: 'audio/webm',
  aac: 'audio/aac',
}

/** Clients often send no type, or one that says nothing. */
function typeOf(type: string | undefined, filename: string | undefined): string {
  if (type !== undefined && type !== 'application/octet-stream') return type
  const extension = filename?.split('.').at(-1)?.toLowerCase() ?? ''
  return entryOf(types, extension) ?? 'application/octet-stream'
}
