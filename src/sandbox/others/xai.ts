import { entryOf } from '../../lib/index.ts'
import { type Answer, type Call, objectOf, Problem, type Route, textField } from '../call.ts'
import { secondsOf, transcriptOf } from '../content/reply.ts'
import { type SoundKind, slices, soundOf, soundTypes, spokenSeconds } from '../content/sound.ts'

const codecs: Readonly<Record<string, SoundKind>> = { mp3: 'mp3', wav: 'wav', pcm: 'pcm', mulaw: 'ulaw', alaw: 'alaw' }

/** `POST /v1/tts` */
async function speak(call: Call): Promise<Answer> {
  const body = await call.json()
  const text = textField(body, 'text')
  const kind = entryOf(codecs, objectOf(body['output_format'])['codec'] ?? 'mp3')
  if (!kind) throw new Problem('invalid_field', 'output_format')
  const sound = soundOf({ kind, sampleRate: 24_000 }, spokenSeconds(text.length))
  return { headers: { 'content-type': soundTypes[kind] }, pieces: slices(sound, 4096) }
}

/** `POST /v1/stt` */
async function listen(call: Call): Promise<Answer> {
  const form = await call.form()
  const file = form.files.find((one) => one.field === 'file')
  if (!file && !form.fields['url']) throw new Problem('missing_field', 'file')
  const bytes = file?.bytes ?? 0
  const duration = secondsOf(bytes)
  const text = transcriptOf(bytes)
  const said = text.split(' ')
  const length = duration / said.length
  const words = said.map((word, index) => ({ text: word, start: index * length, end: (index + 1) * length }))
  return { json: { text, language: 'en', duration, words } }
}

export const xaiRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/v1\/tts$/, answer: speak },
  { method: 'POST', path: /^\/v1\/stt$/, answer: listen },
]
