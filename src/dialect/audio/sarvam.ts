import { buildForm } from '../form.ts'
import { entryOf, listOf, mustHave, parseAnswer, textOf } from '../json.ts'
import { jsonMessage, type Translation, type WholeAnswer } from '../translation.ts'
import { readSpeech, type SpeechAbility, type SpeechFormat, speechFormats } from './read-speech.ts'
import { readTranscription, type TranscriptionAbility } from './read-transcription.ts'
import { transcriptAnswer } from './transcript.ts'

const codecs: Readonly<Record<SpeechFormat, { name: string; type: string }>> = {
  mp3: { name: 'mp3', type: 'audio/mpeg' },
  opus: { name: 'opus', type: 'audio/ogg' },
  aac: { name: 'aac', type: 'audio/aac' },
  flac: { name: 'flac', type: 'audio/flac' },
  wav: { name: 'wav', type: 'audio/wav' },
  pcm: { name: 'linear16', type: 'audio/pcm' },
}
const speaking: SpeechAbility = { formats: speechFormats, speed: { least: 0.5, most: 2 } }

/** OpenAI's names for voices that come closest; every other name is Sarvam's own. */
const voices: Readonly<Record<string, string>> = {
  alloy: 'ritu',
  ash: 'rahul',
  ballad: 'rohan',
  cedar: 'kabir',
  coral: 'priya',
  echo: 'amit',
  fable: 'dev',
  marin: 'kavya',
  nova: 'neha',
  onyx: 'aditya',
  sage: 'ishita',
  shimmer: 'simran',
  verse: 'varun',
}
/** The earlier model has voices of its own, and refuses the others. */
const earlierVoices: Readonly<Record<string, string>> = {
  alloy: 'anushka',
  ash: 'abhilash',
  ballad: 'karun',
  cedar: 'hitesh',
  coral: 'manisha',
  echo: 'karun',
  fable: 'hitesh',
  marin: 'vidya',
  nova: 'manisha',
  onyx: 'abhilash',
  sage: 'arya',
  shimmer: 'vidya',
  verse: 'karun',
}

/** Sarvam requires a language, which OpenAI's API has no field for: it is told from the text's script. */
const scripts: readonly (readonly [RegExp, string])[] = [
  [/\p{Script=Bengali}/u, 'bn-IN'],
  [/\p{Script=Gujarati}/u, 'gu-IN'],
  [/\p{Script=Kannada}/u, 'kn-IN'],
  [/\p{Script=Malayalam}/u, 'ml-IN'],
  [/\p{Script=Oriya}/u, 'od-IN'],
  [/\p{Script=Gurmukhi}/u, 'pa-IN'],
  [/\p{Script=Tamil}/u, 'ta-IN'],
  [/\p{Script=Telugu}/u, 'te-IN'],
  [/\p{Script=Devanagari}/u, 'hi-IN'],
]

export const sarvamSpeech: Translation = ({ body }, { provider, model }) => {
  const { input, voice, format, speed } = readSpeech(body, { provider: provider.name, ability: speaking })
  const { name, type } = codecs[format]
  return jsonMessage({
    path: '/text-to-speech',
    json: {
      text: input,
      model,
      speaker: entryOf(model === 'bulbul:v2' ? earlierVoices : voices, voice.toLowerCase()) ?? voice.toLowerCase(),
      target_language_code: scripts.find(([script]) => script.test(input))?.[1] ?? 'en-IN',
      output_audio_codec: name,
      speech_sample_rate: 24_000,
      ...(speed !== undefined && { pace: speed }),
    },
    answer: { whole: (bytes) => soundOf(bytes, type) },
  })
}

function soundOf(bytes: Buffer, contentType: string): WholeAnswer {
  const { audios } = parseAnswer(bytes)
  mustHave(Array.isArray(audios))
  const sounds = listOf(audios)
  return { contentType, body: Buffer.concat(sounds.map((sound) => Buffer.from(textOf(sound), 'base64'))) }
}

const hearing: TranscriptionAbility = { formats: ['json', 'text'], fields: [] }

export const sarvamTranscription: Translation = (call, { provider, model }) => {
  const request = readTranscription(call, { provider: provider.name, ability: hearing })
  const { file, language } = request
  const form = buildForm([
    { name: 'model', content: model },
    { name: 'language_code', content: languageCode(language) },
    { name: 'file', filename: file.name, type: file.type, content: file.bytes },
  ])
  const heard = (bytes: Buffer) => {
    const { transcript } = parseAnswer(bytes)
    mustHave(typeof transcript === 'string')
    return textOf(transcript)
  }
  return {
    ...form,
    path: '/speech-to-text',
    headers: [],
    answer: { whole: (bytes) => transcriptAnswer({ text: heard(bytes), words: [] }, request) },
  }
}

/** `hi` as `hi-IN`; without a language it finds out itself. */
function languageCode(language: string | undefined): string {
  if (language === undefined) return 'unknown'
  return language.includes('-') ? language : `${language === 'or' ? 'od' : language}-IN`
}
