import { type Answer, type Call, modelField, Problem } from '../call.ts'
import { piecesOf, secondsOf, transcriptOf } from '../content/reply.ts'
import { tokensOf } from '../content/tokens.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

interface Segment {
  text: string
  start: number
  end: number
}

interface Transcript {
  model: string
  text: string
  language: string
  segments: readonly Segment[]
  usage: object
}

/** `POST /v1/audio/transcriptions`, whole or as a stream; Mistral knows no `response_format`. */
export async function transcription(call: Call): Promise<Answer> {
  const { fields, files } = await call.form()
  const model = modelField(fields['model'])
  const file = files.find(({ field }) => field === 'file')
  if (!file && !fields['file_url'] && !fields['file_id']) throw new Problem('missing_field', 'file')
  const text = transcriptOf(file?.bytes ?? 0)
  const seconds = secondsOf(file?.bytes ?? 0)
  const granularities = fields['timestamp_granularities'] ?? fields['timestamp_granularities[]']
  const transcript: Transcript = {
    model,
    text,
    language: fields['language'] || 'en',
    segments: granularities ? segmentsOf(granularities === 'word' ? text.split(' ') : [text], seconds) : [],
    usage: usageOf(text, seconds),
  }
  return fields['stream'] === 'true' ? streamed(transcript, call) : { json: told(transcript) }
}

function usageOf(text: string, seconds: number): object {
  const [input, output] = [Math.ceil(seconds * 12.5), tokensOf(text)]
  return {
    prompt_audio_seconds: seconds,
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
  }
}

function segmentsOf(parts: readonly string[], seconds: number): readonly Segment[] {
  const at = (index: number) => (seconds * index) / parts.length
  return parts.map((text, index) => ({ text, start: at(index), end: at(index + 1) }))
}

function told({ segments, ...rest }: Transcript): object {
  return { ...rest, segments: segments.map((segment) => ({ ...segment, type: 'transcription_segment' })) }
}

function streamed(transcript: Transcript, call: Call): Answer {
  const event = (type: string, more: object) => sseEvent({ type, ...more }, type)
  return {
    headers: sseHeaders,
    pieces: [
      event('transcription.language', { audio_language: transcript.language }),
      ...piecesOf(transcript.text).map((text) => event('transcription.text.delta', { text })),
      ...transcript.segments.map((segment) => event('transcription.segment', segment)),
      event('transcription.done', told(transcript)),
    ],
    broken: sseEvent(call.overloaded),
  }
}
