import {
  type Answer,
  type Call,
  type JsonObject,
  listField,
  modelField,
  objectOf,
  Problem,
  textField,
} from '../call.ts'
import {
  type SoundFormat,
  type SoundKind,
  sampleRateOf,
  slices,
  soundOf,
  soundTypes,
  spokenSeconds,
} from '../content/sound.ts'

const sentence = 'This is the Ownkey sandbox: no provider was called.'

interface Spoken {
  format: SoundFormat
  sound: Buffer
  seconds: number
  headers: Record<string, string>
}

/** `POST /v1/text-to-speech/{voice}` and its `/stream` */
export async function textToSpeech(call: Call): Promise<Answer> {
  return audioAnswer(speak(call, await spokenText(call)))
}

/** `POST …/with-timestamps`: base64 and the times of the sandbox's own sentence, never of the caller's text. */
export async function withTimestamps(call: Call): Promise<Answer> {
  const spoken = speak(call, await spokenText(call))
  return { headers: spoken.headers, json: timed(spoken, spoken.sound) }
}

/** `POST …/stream/with-timestamps`: one JSON object a line. */
export async function streamWithTimestamps(call: Call): Promise<Answer> {
  const spoken = speak(call, await spokenText(call))
  const parts = slices(spoken.sound, 8192)
  return {
    headers: { ...spoken.headers, 'content-type': 'application/json' },
    pieces: parts.map((part) => `${JSON.stringify(timed(spoken, part))}\n\n`),
  }
}

/** `POST /v1/text-to-dialogue` and its `/stream` */
export async function dialogue(call: Call): Promise<Answer> {
  const body = await call.json()
  const text = listField(body, 'inputs').map((input) => textField(objectOf(input), 'text'))
  return audioAnswer(
    speak(call, { characters: text.join('').length, model: modelField(body['model_id'], 'eleven_v3') }),
  )
}

/** `POST /v1/sound-generation` */
export async function soundGeneration(call: Call): Promise<Answer> {
  const body = await call.json()
  return audioAnswer(speak(call, { characters: textField(body, 'text').length, model: 'sound' }))
}

/** `POST /v1/music` and its `/stream` */
export async function music(call: Call): Promise<Answer> {
  const body = await call.json()
  const asked = body['composition_plan'] === undefined ? textField(body, 'prompt') : 'a plan'
  return audioAnswer(speak(call, { characters: asked.length, model: modelField(body['model_id'], 'music_v1') }))
}

/** `POST /v1/speech-to-speech/{voice}` */
export async function speechToSpeech(call: Call): Promise<Answer> {
  const form = await call.form()
  if (form.files.length === 0) throw new Problem('missing_field', 'audio')
  return audioAnswer(
    speak(call, { characters: 40, model: modelField(form.fields['model_id'], 'eleven_multilingual_sts_v2') }),
  )
}

async function spokenText(call: Call): Promise<{ characters: number; model: string }> {
  const body: JsonObject = await call.json()
  const voice = call.parts['voice'] ?? ''
  if (voice.includes('missing')) throw new Problem('voice_not_found', voice)
  return { characters: textField(body, 'text').length, model: modelField(body['model_id'], 'eleven_multilingual_v2') }
}

function audioAnswer({ format, sound, headers }: Spoken): Answer {
  return { headers: { ...headers, 'content-type': soundTypes[format.kind] }, pieces: slices(sound, 4096) }
}

function speak(call: Call, { characters, model }: { characters: number; model: string }): Spoken {
  const format = formatOf(call.query.get('output_format') ?? 'mp3_44100_128')
  const seconds = spokenSeconds(characters)
  // Flash and turbo models cost half a credit a character.
  const cost = /flash|turbo/.test(model) ? Math.ceil(characters / 2) : characters
  const headers = {
    'character-cost': String(cost),
    'request-id': call.requestId,
    'history-item-id': `sandbox-${call.requestId}`,
    'current-concurrent-requests': '1',
    'maximum-concurrent-requests': '10',
  }
  return { format, sound: soundOf(format, seconds), seconds, headers }
}

function formatOf(name: string): SoundFormat {
  const [, kind, rate, bitrate] = /^(mp3|pcm|wav|opus|ulaw|alaw)_(\d+)(?:_(\d+))?$/.exec(name) ?? []
  if (!kind) throw new Problem('invalid_field', 'output_format')
  return {
    kind: kind as SoundKind,
    sampleRate: sampleRateOf(rate, 'output_format'),
    ...(bitrate && { bitrate: Number(bitrate) }),
  }
}

function timed({ seconds }: Spoken, sound: Buffer): JsonObject {
  const characters = [...sentence]
  const at = (index: number) => Math.round((index / characters.length) * seconds * 1000) / 1000
  const alignment = {
    characters,
    character_start_times_seconds: characters.map((_, index) => at(index)),
    character_end_times_seconds: characters.map((_, index) => at(index + 1)),
  }
  return { audio_base64: sound.toString('base64'), alignment, normalized_alignment: alignment }
}
