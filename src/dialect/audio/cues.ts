import type { Transcript } from './transcript.ts'

/** One subtitle: what is said from one second to another. */
export interface Cue {
  start: number
  end: number
  text: string
}

/** Two lines of 42 characters, the usual size of a subtitle, and as long as it can be read without waiting. */
const longestText = 84
const longestSeconds = 7
const sentenceEnd = /[.!?。！？।]$/

/** Words gathered into subtitles: up to a sentence's end, and no longer than one can be read. */
export function cuesOf({ words, text, duration }: Transcript): readonly Cue[] {
  if (words.length === 0) return text === '' || duration === undefined ? [] : [{ start: 0, end: duration, text }]
  const cues: Cue[] = []
  let open: Cue | undefined
  for (const { word, start, end } of words) {
    const isFull =
      open !== undefined && (open.text.length + word.length >= longestText || end - open.start > longestSeconds)
    if (open === undefined || isFull || sentenceEnd.test(open.text)) {
      open = { start, end, text: word.trim() }
      cues.push(open)
    } else {
      open.end = end
      open.text = `${open.text} ${word.trim()}`
    }
  }
  return cues
}

export function subRip(cues: readonly Cue[]): string {
  return cues
    .map(({ start, end, text }, index) => `${index + 1}\n${stamp(start, ',')} --> ${stamp(end, ',')}\n${text}\n\n`)
    .join('')
}

export function webVtt(cues: readonly Cue[]): string {
  return `WEBVTT\n\n${cues.map(({ start, end, text }) => `${stamp(start, '.')} --> ${stamp(end, '.')}\n${text}\n\n`).join('')}`
}

function stamp(seconds: number, point: string): string {
  const all = Math.max(0, Math.round(seconds * 1000))
  const pad = (value: number, length = 2) => String(value).padStart(length, '0')
  const [hours, minutes] = [Math.floor(all / 3_600_000), Math.floor(all / 60_000) % 60]
  return `${pad(hours)}:${pad(minutes)}:${pad(Math.floor(all / 1000) % 60)}${point}${pad(all % 1000, 3)}`
}
