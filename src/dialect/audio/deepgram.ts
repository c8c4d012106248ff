import { cannotDo } from '../invalid.ts'
import { countOf, entryOf, isRecord, listOf, mustHave, parseAnswer, recordOf, textOf } from '../json.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { readSpeech, type SpeechAbility, type SpeechFormat, speechFormats } from './read-speech.ts'
import { readTranscription, type TranscriptionAbility } from './read-transcription.ts'
import { type Transcript, transcriptAnswer, transcriptFormats } from './transcript.ts'

const encodings: Readonly<Record<SpeechFormat, string>> = {
  mp3: 'encoding=mp3',
  opus: 'encoding=opus&container=ogg',
  aac: 'encoding=aac',
  flac: 'encoding=flac',
  wav: 'encoding=linear16&container=wav&sample_rate=24000',
  pcm: 'encoding=linear16&container=none&sample_rate=24000',
}
const speaking: SpeechAbility = { formats: speechFormats }

/** A voice is a model there: OpenAI's names for those that come closest. */
const voices: Readonly<Record<string, string>> = {
  alloy: 'thalia',
  ash: 'apollo',
  ballad: 'orpheus',
  cedar: 'zeus',
  coral: 'andromeda',
  echo: 'arcas',
  fable: 'draco',
  marin: 'helena',
  nova: 'asteria',
  onyx: 'orion',
  sage: 'athena',
  shimmer: 'luna',
  verse: 'aries',
}
const voiceModel = /^(aura(?:-2)?)-([a-z]+)-([a-z]{2})$/
const voiceName = /^[a-z]+$/

export const deepgramSpeech: Translation = ({ body }, { provider, model }) => {
  const { input, voice, format } = readSpeech(body, { provider: provider.name, ability: speaking })
  const spoken = modelOf(voice.toLowerCase(), model)
  if (spoken === undefined)
    throw cannotDo('voice', provider.name, 'give the name of a voice of this model, such as thalia')
  return jsonMessage({
    path: `/v1/speak?model=${encodeURIComponent(spoken)}&${encodings[format]}`,
    json: { text: input },
    answer: { passes: 'sound' },
  })
}

/**
 * `aura-2-thalia-en` with another voice is `aura-2-<voice>-en`. Another family or language is another model, which rules
 * may look at: it is named as such.
 */
function modelOf(voice: string, model: string): string | undefined {
  const [, family, , language] = voiceModel.exec(model) ?? []
  const [, itsFamily, itsName, itsLanguage] = voiceModel.exec(voice) ?? []
  if (itsName !== undefined) return itsFamily === family && itsLanguage === language ? voice : undefined
  if (!voiceName.test(voice)) return undefined
  return family === undefined ? model : `${family}-${entryOf(voices, voice) ?? voice}-${language}`
}

const hearing: TranscriptionAbility = { formats: transcriptFormats, fields: [] }

export const deepgramTranscription: Translation = (call, { provider, model }) => {
  const request = readTranscription(call, { provider: provider.name, ability: hearing })
  const { file, language } = request
  const query = new URLSearchParams({ model, smart_format: 'true' })
  if (language === undefined) query.set('detect_language', 'true')
  else query.set('language', language)
  return {
    path: `/v1/listen?${query}`,
    contentType: file.type,
    headers: [],
    body: file.bytes,
    answer: { whole: (bytes) => transcriptAnswer(transcriptOf(bytes, language), request) },
  }
}

function transcriptOf(bytes: Buffer, language: string | undefined): Transcript {
  const answer = parseAnswer(bytes)
  mustHave(isRecord(answer['results']))
  const { duration } = recordOf(answer['metadata'])
  const channel = recordOf(listOf(recordOf(answer['results'])['channels'])[0])
  const heard = recordOf(listOf(channel['alternatives'])[0])
  const detected = channel['detected_language']
  return {
    text: textOf(heard['transcript']),
    language: typeof detected === 'string' ? detected : language,
    duration: typeof duration === 'number' ? duration : undefined,
    words: listOf(heard['words'])
      .map(recordOf)
      .map(({ word, punctuated_word: punctuated, start, end }) => ({
        word: textOf(punctuated) || textOf(word),
        start: countOf(start),
        end: countOf(end),
      })),
  }
}
