import { buildForm } from '../form.ts'
import { countOf, entryOf, listOf, mustHave, parseAnswer, recordOf, textOf } from '../json.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { readSpeech, type SpeechAbility, type SpeechFormat } from './read-speech.ts'
import { readTranscription, type TranscriptionAbility } from './read-transcription.ts'
import { type Transcript, transcriptAnswer, transcriptFormats } from './transcript.ts'

/** The only model of a route that takes no name; any other name goes up, for xAI to judge. */
const unnamed = { speech: 'grok-tts', transcription: 'grok-stt' }

const outputFormats: Readonly<Partial<Record<SpeechFormat, Readonly<Record<string, unknown>>>>> = {
  mp3: { codec: 'mp3' },
  wav: { codec: 'wav', sample_rate: 24_000 },
  pcm: { codec: 'pcm', sample_rate: 24_000 },
}
const speaking: SpeechAbility = {
  formats: Object.keys(outputFormats) as SpeechFormat[],
  speed: { least: 0.7, most: 1.5 },
}

/** OpenAI's names for voices that come closest; every other name is xAI's own, or a customer's. */
const voices: Readonly<Record<string, string>> = {
  alloy: 'ara',
  ash: 'rex',
  ballad: 'sal',
  cedar: 'leo',
  coral: 'eve',
  echo: 'rex',
  fable: 'sal',
  marin: 'ara',
  nova: 'eve',
  onyx: 'leo',
  sage: 'ara',
  shimmer: 'eve',
  verse: 'sal',
}

export const xaiSpeech: Translation = ({ body }, { provider, model }) => {
  const { input, voice, format, speed } = readSpeech(body, { provider: provider.name, ability: speaking })
  return jsonMessage({
    path: '/v1/tts',
    json: {
      text: input,
      voice_id: entryOf(voices, voice.toLowerCase()) ?? voice,
      // xAI must be told a language, and OpenAI's API cannot tell one.
      language: 'auto',
      output_format: outputFormats[format],
      ...(model !== unnamed.speech && { model }),
      ...(speed !== undefined && { speed }),
    },
    answer: { passes: 'sound' },
  })
}

const hearing: TranscriptionAbility = { formats: transcriptFormats, fields: [] }

export const xaiTranscription: Translation = (call, { provider, model }) => {
  const request = readTranscription(call, { provider: provider.name, ability: hearing })
  const { file, language } = request
  const form = buildForm([
    ...(model === unnamed.transcription ? [] : [{ name: 'model', content: model }]),
    // A language serves the formatting of numbers and sums, which goes with one only.
    ...(language === undefined
      ? []
      : [
          { name: 'language', content: language },
          { name: 'format', content: 'true' },
        ]),
    // Fields behind the file are not read.
    { name: 'file', filename: file.name, type: file.type, content: file.bytes },
  ])
  return {
    ...form,
    path: '/v1/stt',
    headers: [],
    answer: { whole: (bytes) => transcriptAnswer(transcriptOf(bytes, language), request) },
  }
}

function transcriptOf(bytes: Buffer, asked: string | undefined): Transcript {
  const { text, language, duration, words } = parseAnswer(bytes)
  mustHave(typeof text === 'string')
  return {
    text: textOf(text),
    language: textOf(language) || asked,
    duration: typeof duration === 'number' ? duration : undefined,
    words: listOf(words)
      .map(recordOf)
      .map((one) => ({ word: textOf(one['text']), start: countOf(one['start']), end: countOf(one['end']) })),
  }
}
