import { buildForm } from '../form.ts'
import { cannotDo } from '../invalid.ts'
import { countOf, entryOf, listOf, mustHave, parseAnswer, recordOf, textOf } from '../json.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { readSpeech, type SpeechAbility, type SpeechFormat } from './read-speech.ts'
import { readTranscription, type TranscriptionAbility } from './read-transcription.ts'
import { type Transcript, transcriptAnswer, transcriptFormats } from './transcript.ts'

const outputFormats: Readonly<Partial<Record<SpeechFormat, string>>> = {
  mp3: 'mp3_44100_128',
  opus: 'opus_48000_128',
  wav: 'wav_24000',
  pcm: 'pcm_24000',
}
const speaking: SpeechAbility = {
  formats: Object.keys(outputFormats) as SpeechFormat[],
  speed: { least: 0.7, most: 1.2 },
}

/** Voices that every account has, by name, and OpenAI's names for those that come closest. */
const voices: Readonly<Record<string, string>> = {
  rachel: '21m00Tcm4TlvDq8ikWAM',
  sarah: 'EXAVITQu4vr4xnSDxMaL',
  laura: 'FGY2WhTYpPnrIDTdsKH5',
  charlie: 'IKne3meq5aSn9XLyUdCD',
  george: 'JBFqnCBsd6RMkjVDRZzb',
  callum: 'N2lVS1w4EtoT3dr4eOWO',
  liam: 'TX3LPaxmHKxFdv7VOQHJ',
  alice: 'Xb7hH8MSUJpSbSDYk0k2',
  matilda: 'XrExE9yKIg1WjnnlVkGX',
  will: 'bIHbv24MWmeRgasZH58o',
  jessica: 'cgSgspJ2msm6clMCkdW9',
  eric: 'cjVigY5qzO86Huf0OWal',
  chris: 'iP95p4xoKVk53GoZ742B',
  brian: 'nPczCjzI2devNBz1zQrb',
  daniel: 'onwK4e9ZLuTAKqWW03F9',
  lily: 'pFZP5JQG7iQjIQuC4Bku',
  alloy: 'EXAVITQu4vr4xnSDxMaL',
  ash: 'TX3LPaxmHKxFdv7VOQHJ',
  ballad: 'bIHbv24MWmeRgasZH58o',
  cedar: 'nPczCjzI2devNBz1zQrb',
  coral: 'cgSgspJ2msm6clMCkdW9',
  echo: 'cjVigY5qzO86Huf0OWal',
  fable: 'JBFqnCBsd6RMkjVDRZzb',
  marin: 'XrExE9yKIg1WjnnlVkGX',
  nova: 'FGY2WhTYpPnrIDTdsKH5',
  onyx: 'onwK4e9ZLuTAKqWW03F9',
  sage: 'Xb7hH8MSUJpSbSDYk0k2',
  shimmer: 'pFZP5JQG7iQjIQuC4Bku',
  verse: 'iP95p4xoKVk53GoZ742B',
}
const voiceId = /^[A-Za-z0-9]{20}$/

/** Speech by a voice's id, its name or OpenAI's name. */
export const elevenlabsSpeech: Translation = ({ body }, { provider, model }) => {
  const { input, voice, format, speed } = readSpeech(body, { provider: provider.name, ability: speaking })
  const id = entryOf(voices, voice.toLowerCase()) ?? (voiceId.test(voice) ? voice : undefined)
  if (id === undefined) throw cannotDo('voice', provider.name, 'give a voice’s id, or one of its premade voices’ names')
  return jsonMessage({
    path: `/v1/text-to-speech/${id}?output_format=${outputFormats[format]}`,
    json: { text: input, model_id: model, ...(speed !== undefined && { voice_settings: { speed } }) },
    answer: { passes: 'sound' },
  })
}

const hearing: TranscriptionAbility = { formats: transcriptFormats, fields: ['temperature'] }

export const elevenlabsTranscription: Translation = (call, { provider, model }) => {
  const request = readTranscription(call, { provider: provider.name, ability: hearing })
  const { file, language, temperature } = request
  const form = buildForm([
    { name: 'model_id', content: model },
    { name: 'tag_audio_events', content: 'false' },
    { name: 'timestamps_granularity', content: 'word' },
    ...(language === undefined ? [] : [{ name: 'language_code', content: language }]),
    ...(temperature === undefined ? [] : [{ name: 'temperature', content: String(temperature) }]),
    { name: 'file', filename: file.name, type: file.type, content: file.bytes },
  ])
  return {
    ...form,
    path: '/v1/speech-to-text',
    headers: [],
    answer: { whole: (bytes) => transcriptAnswer(transcriptOf(bytes), request) },
  }
}

function transcriptOf(bytes: Buffer): Transcript {
  const answer = parseAnswer(bytes)
  mustHave(typeof answer['text'] === 'string')
  const { language_code: language, audio_duration_secs: duration } = answer
  return {
    text: textOf(answer['text']),
    language: typeof language === 'string' ? language : undefined,
    duration: typeof duration === 'number' ? duration : undefined,
    words: listOf(answer['words'])
      .map(recordOf)
      .filter(({ type }) => type === 'word')
      .map(({ text, start, end }) => ({ word: textOf(text), start: countOf(start), end: countOf(end) })),
  }
}
