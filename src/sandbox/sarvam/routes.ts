import { entryOf } from '../../lib/index.ts'
import { type Answer, type Call, type JsonObject, modelField, Problem, type Route, textField } from '../call.ts'
import { transcriptOf } from '../content/reply.ts'
import { type SoundKind, sampleRateOf, slices, soundOf, soundTypes, spokenSeconds } from '../content/sound.ts'
import { chatCompletions } from '../openai/chat.ts'
import { getModel, listModels } from '../openai/models.ts'

/** Names of Sarvam's codecs. */
const codecs: Readonly<Record<string, SoundKind>> = {
  wav: 'wav',
  mp3: 'mp3',
  linear16: 'pcm',
  mulaw: 'ulaw',
  alaw: 'alaw',
  opus: 'opus',
  flac: 'flac',
  aac: 'aac',
}

interface Spoken {
  kind: SoundKind
  sounds: readonly Buffer[]
}

async function spoken(call: Call, codec: string): Promise<Spoken> {
  const body = await call.json()
  modelField(body['model'], 'bulbul:v2')
  const inputs = Array.isArray(body['inputs']) ? body['inputs'].map(String) : [textField(body, 'text')]
  const kind = entryOf(codecs, body['output_audio_codec'] ?? codec)
  if (!kind) throw new Problem('invalid_field', 'output_audio_codec')
  const sampleRate = sampleRateOf(body['speech_sample_rate'] ?? 22_050, 'speech_sample_rate')
  return { kind, sounds: inputs.map((text) => soundOf({ kind, sampleRate }, spokenSeconds(text.length))) }
}

async function textToSpeech(call: Call): Promise<Answer> {
  const { sounds } = await spoken(call, 'wav')
  return { json: { request_id: call.requestId, audios: sounds.map((sound) => sound.toString('base64')) } }
}

async function textToSpeechStream(call: Call): Promise<Answer> {
  const { kind, sounds } = await spoken(call, 'mp3')
  return { headers: { 'content-type': soundTypes[kind] }, pieces: slices(Buffer.concat(sounds), 4096) }
}

async function speechToText(call: Call): Promise<Answer> {
  const form = await call.form()
  modelField(form.fields['model'], 'saaras:v3')
  const file = form.files.find((one) => one.field === 'file')
  if (!file) throw new Problem('missing_field', 'file')
  const language = form.fields['language_code'] ?? 'en-IN'
  return {
    json: {
      request_id: call.requestId,
      transcript: transcriptOf(file.bytes),
      language_code: language === 'unknown' ? 'en-IN' : language,
      language_probability: 1,
    },
  }
}

/** A text surface: the input is counted, never echoed. */
const text = (answer: (body: JsonObject, characters: number) => JsonObject, needs: readonly string[] = []) => {
  return async (call: Call): Promise<Answer> => {
    const body = await call.json()
    const characters = textField(body, 'input').length
    for (const name of needs) textField(body, name)
    modelField(body['model'], 'mayura:v1')
    return { json: { request_id: call.requestId, ...answer(body, characters) } }
  }
}

const sourceOf = (body: JsonObject) => {
  const named = body['source_language_code']
  return { source_language_code: typeof named === 'string' && named !== 'auto' ? named : 'en-IN' }
}

const sentence = (done: string, characters: number) =>
  `This is the Ownkey sandbox: nothing was ${done}. Your text had ${characters} characters.`

const translate = text(
  (body, characters) => ({ translated_text: sentence('translated', characters), ...sourceOf(body) }),
  ['target_language_code'],
)
const transliterate = text(
  (body, characters) => ({ transliterated_text: sentence('transliterated', characters), ...sourceOf(body) }),
  ['target_language_code'],
)
const identifyLanguage = text(() => ({ language_code: 'en-IN', script_code: 'Latn' }))

const post = (path: RegExp, answer: Route['answer']): Route => ({ method: 'POST', path, answer })

export const sarvamRoutes: readonly Route[] = [
  post(/^\/v[12]\/chat\/completions$/, chatCompletions),
  post(/^\/speech-to-text(?:-translate)?$/, speechToText),
  post(/^\/text-to-speech$/, textToSpeech),
  post(/^\/text-to-speech\/stream$/, textToSpeechStream),
  post(/^\/translate$/, translate),
  post(/^\/transliterate$/, transliterate),
  { ...post(/^\/text-lid$/, identifyLanguage), breaks: false },
  { method: 'GET', path: /^\/v[12]\/models$/, answer: listModels },
  { method: 'GET', path: /^\/v[12]\/models\/(?<model>.+)$/, answer: getModel },
]
