import { jsonAnswer, type WholeAnswer } from '../translation.ts'
import { type Cue, cuesOf, subRip, webVtt } from './cues.ts'

export const transcriptFormats = ['json', 'text', 'verbose_json', 'srt', 'vtt'] as const
export type TranscriptFormat = (typeof transcriptFormats)[number]

/** What a provider heard. Times are seconds. */
export interface Transcript {
  text: string
  language?: string | undefined
  duration?: number | undefined
  words: readonly TimedWord[]
}
export interface TimedWord {
  word: string
  start: number
  end: number
}

interface Asked {
  format: TranscriptFormat
  words: boolean
}

const plain = (contentType: string, text: string): WholeAnswer => ({ contentType, body: Buffer.from(text) })

const writers: Readonly<Record<TranscriptFormat, (transcript: Transcript, asked: Asked) => WholeAnswer>> = {
  json: ({ text, duration }) =>
    jsonAnswer({ text, ...(duration !== undefined && { usage: { type: 'duration', seconds: Math.ceil(duration) } }) }),
  text: ({ text }) => plain('text/plain; charset=utf-8', `${text}\n`),
  verbose_json: (transcript, { words }) => {
    const { text, language, duration } = transcript
    const seconds = duration ?? transcript.words.at(-1)?.end
    return jsonAnswer({
      task: 'transcribe',
      ...(language !== undefined && { language }),
      ...(seconds !== undefined && { duration: seconds, usage: { type: 'duration', seconds: Math.ceil(seconds) } }),
      text,
      segments: cuesOf(transcript).map(({ start, end, text: said }: Cue, id) => ({ id, start, end, text: said })),
      ...(words && { words: transcript.words }),
    })
  },
  srt: (transcript) => plain('text/plain; charset=utf-8', subRip(cuesOf(transcript))),
  vtt: (transcript) => plain('text/vtt; charset=utf-8', webVtt(cuesOf(transcript))),
}

export function transcriptAnswer(transcript: Transcript, asked: Asked): WholeAnswer {
  return writers[asked.format](transcript, asked)
}
