import { buildForm } from '../form.ts'
import { needs } from '../invalid.ts'
import { mustHave, parseAnswer, textOf } from '../json.ts'
import type { Translation } from '../translation.ts'
import { readTranscription, type TranscriptionAbility } from './read-transcription.ts'
import { transcriptAnswer } from './transcript.ts'

/** Words alone, without their times. */
const hearing: TranscriptionAbility = { formats: ['json', 'text'], fields: ['temperature'] }

export const cohereTranscription: Translation = (call, { provider, model }) => {
  const request = readTranscription(call, { provider: provider.name, ability: hearing })
  const { file, language, temperature } = request
  if (language === undefined) throw needs('language', provider.name, 'the language of the recording, such as en')
  const form = buildForm([
    { name: 'model', content: model },
    { name: 'language', content: language },
    ...(temperature === undefined ? [] : [{ name: 'temperature', content: String(temperature) }]),
    // Fields behind the file are not read.
    { name: 'file', filename: file.name, type: file.type, content: file.bytes },
  ])
  const heard = (bytes: Buffer) => {
    const { text } = parseAnswer(bytes)
    mustHave(typeof text === 'string')
    return textOf(text)
  }
  return {
    ...form,
    path: '/v2/audio/transcriptions',
    headers: [],
    answer: { whole: (bytes) => transcriptAnswer({ text: heard(bytes), words: [] }, request) },
  }
}
