import { readTranscription, type TranscriptionAbility } from '../audio/read-transcription.ts'
import { transcriptAnswer } from '../audio/transcript.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { parseGenerated, readGenerated } from './answer.ts'
import { modelPath, type PathOf, vertexPath } from './generate.ts'

/** A chat model that hears gives words, not their times. */
const hearing: TranscriptionAbility = { formats: ['json', 'text'], fields: ['prompt', 'temperature'] }

/** Transcription by a model that is asked to write down what it hears. */
export const googleTranscription: Translation = transcribeAt(modelPath)
export const vertexTranscription: Translation = transcribeAt(vertexPath)

function transcribeAt(pathOf: PathOf): Translation {
  return (call, { provider, model }) => {
    const request = readTranscription(call, { provider: provider.name, ability: hearing })
    const { file, language, prompt, temperature } = request
    const wanted = [
      'Write down exactly what is said in this recording, in the language that is spoken. Answer with the transcript alone.',
      ...(language === undefined ? [] : [`The language is ${JSON.stringify(language)}.`]),
      ...(prompt === undefined ? [] : [`Names and words that may occur: ${JSON.stringify(prompt)}.`]),
    ]
    const heard = (bytes: Buffer) => readGenerated(parseGenerated(bytes)).text.trim()
    return jsonMessage({
      path: pathOf(model, 'generateContent'),
      json: {
        contents: [
          {
            role: 'user',
            parts: [
              { inlineData: { mimeType: file.type, data: file.bytes.toString('base64') } },
              { text: wanted.join(' ') },
            ],
          },
        ],
        ...(temperature !== undefined && { generationConfig: { temperature } }),
      },
      answer: { whole: (bytes) => transcriptAnswer({ text: heard(bytes), words: [] }, request) },
    })
  }
}
