import { entryOf } from '../../lib/index.ts'
import { type Answer, type Call, modelField, objectOf, Problem, textField } from '../call.ts'
import { piecesOf, secondsOf, transcriptOf } from '../content/reply.ts'
import { type SoundKind, slices, soundOf, soundTypes, spokenSeconds } from '../content/sound.ts'
import { tokensOf } from '../content/tokens.ts'
import type { Form } from '../read-form.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

/** What one transcription says, in every form it can be asked for. */
interface Transcript {
  text: string
  seconds: number
  model: string
  task: 'transcribe' | 'translate'
  usage: Record<string, unknown>
  /** Words with their times were asked for too. */
  words: boolean
}

/** `POST …/audio/transcriptions` */
export async function transcriptions(call: Call): Promise<Answer> {
  const form = await call.form()
  const transcript = transcriptIn(form, { task: 'transcribe', model: call.parts['deployment'] })
  return form.fields['stream'] === 'true'
    ? streamed(transcript, call)
    : named(call, inFormat(transcript, form.fields['response_format']))
}

/** `POST …/audio/translations` */
export async function translations(call: Call): Promise<Answer> {
  const form = await call.form()
  const transcript = transcriptIn(form, { task: 'translate', model: call.parts['deployment'] })
  return named(call, inFormat(transcript, form.fields['response_format']))
}

function transcriptIn(
  form: Form,
  { task, model }: { task: Transcript['task']; model: string | undefined },
): Transcript {
  const name = modelField(form.fields['model'], model)
  const file = form.files.find((one) => one.field === 'file')
  if (!file && !form.fields['file_url'] && !form.fields['url']) throw new Problem('missing_field', 'file')
  const bytes = file?.bytes ?? 0
  const [text, seconds] = [transcriptOf(bytes), secondsOf(bytes)]
  const output = tokensOf(text)
  const usage = /whisper/.test(name)
    ? { type: 'duration', seconds }
    : {
        type: 'tokens',
        input_tokens: seconds * 10,
        input_token_details: { text_tokens: 0, audio_tokens: seconds * 10 },
        output_tokens: output,
        total_tokens: seconds * 10 + output,
      }
  return {
    text,
    seconds,
    model: name,
    task,
    usage,
    words: /\bword\b/.test(form.fields['timestamp_granularities[]'] ?? ''),
  }
}

const stamp = (seconds: number, comma: string) => `00:00:${String(Math.min(59, seconds)).padStart(2, '0')}${comma}000`

const plain = { 'content-type': 'text/plain; charset=utf-8' }

const formats: Record<string, (transcript: Transcript) => Answer> = {
  json: ({ text, usage }) => ({ json: { text, usage } }),
  verbose_json: ({ text, seconds, task, usage, words }) => ({
    json: {
      task,
      language: 'english',
      duration: seconds,
      text,
      segments: [
        {
          id: 0,
          seek: 0,
          start: 0,
          end: seconds,
          text,
          tokens: [],
          temperature: 0,
          avg_logprob: -0.1,
          compression_ratio: 1,
          no_speech_prob: 0,
        },
      ],
      ...(words ? { words: wordsOf(text, seconds) } : {}),
      usage,
    },
  }),
  text: ({ text }) => ({ headers: plain, bytes: Buffer.from(`${text}\n`) }),
  srt: ({ text, seconds }) => ({
    headers: plain,
    bytes: Buffer.from(`1\n${stamp(0, ',')} --> ${stamp(seconds, ',')}\n${text}\n\n`),
  }),
  vtt: ({ text, seconds }) => ({
    headers: plain,
    bytes: Buffer.from(`WEBVTT\n\n${stamp(0, '.')} --> ${stamp(seconds, '.')}\n${text}\n\n`),
  }),
}

function wordsOf(text: string, seconds: number) {
  const said = text.split(' ')
  const at = (index: number) => (seconds * index) / said.length
  return said.map((word, index) => ({ word, start: at(index), end: at(index + 1) }))
}

function inFormat(transcript: Transcript, name = 'json'): Answer {
  const format = entryOf(formats, name === 'diarized_json' ? 'verbose_json' : name)
  if (!format) throw new Problem('invalid_field', 'response_format')
  return format(transcript)
}

/** Groq says in each whole answer under what id it has it. */
function named({ provider, requestId }: Call, answer: Answer): Answer {
  if (provider !== 'groq' || !('json' in answer)) return answer
  return { ...answer, json: { ...objectOf(answer.json), x_groq: { id: requestId } } }
}

function streamed({ text, usage }: Transcript, call: Call): Answer {
  const deltas = piecesOf(text).map((delta) => sseEvent({ type: 'transcript.text.delta', delta }))
  return {
    headers: sseHeaders,
    pieces: [...deltas, sseEvent({ type: 'transcript.text.done', text, usage }), sseEvent('[DONE]')],
    broken: sseEvent(call.overloaded),
  }
}

export const spokenKinds: Readonly<Record<string, SoundKind>> = {
  mp3: 'mp3',
  opus: 'opus',
  aac: 'aac',
  flac: 'flac',
  wav: 'wav',
  pcm: 'pcm',
}

/** `POST …/audio/speech`: a short sound in the format that was asked for, as bytes or as events. */
export async function speech(call: Call): Promise<Answer> {
  const body = await call.json()
  modelField(body['model'] ?? call.parts['deployment'])
  const text = textField(body, 'input')
  const kind = entryOf(spokenKinds, body['response_format'] ?? 'mp3')
  if (!kind) throw new Problem('invalid_field', 'response_format')
  const sound = soundOf({ kind, sampleRate: 24_000 }, spokenSeconds(text.length))
  const parts = slices(sound, 4096)
  if (body['stream_format'] !== 'sse') return { headers: { 'content-type': soundTypes[kind] }, pieces: parts }
  const [input, output] = [tokensOf(text), Math.ceil(spokenSeconds(text.length) * 20)]
  const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output }
  const deltas = parts.map((part) => sseEvent({ type: 'speech.audio.delta', audio: part.toString('base64') }))
  return {
    headers: sseHeaders,
    pieces: [...deltas, sseEvent({ type: 'speech.audio.done', usage })],
    broken: sseEvent(call.overloaded),
  }
}
