import { mustHave, parseAnswer, textOf } from '../json.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { readSpeech, type SpeechAbility, type SpeechFormat } from './read-speech.ts'

const types: Readonly<Partial<Record<SpeechFormat, string>>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
}
const speaking: SpeechAbility = { formats: Object.keys(types) as SpeechFormat[] }

/** Its route has OpenAI's path, and takes and tells other fields: a voice by its id, the sound in JSON. */
export const mistralSpeech: Translation = ({ body }, { provider, model }) => {
  const { input, voice, format } = readSpeech(body, { provider: provider.name, ability: speaking })
  return jsonMessage({
    path: '/v1/audio/speech',
    json: { model, input, voice_id: voice, response_format: format, stream: false },
    answer: {
      whole: (bytes) => {
        const { audio_data } = parseAnswer(bytes)
        mustHave(typeof audio_data === 'string')
        return { contentType: types[format] as string, body: Buffer.from(textOf(audio_data), 'base64') }
      },
    },
  })
}
