import { describe, expect, test } from 'vitest'
import { type TimedWord, type TranscriptFormat, transcriptAnswer } from './transcript.ts'

const words: TimedWord[] =
  'Good morning everyone. The train to Zürich leaves at nine from platform four and it will not wait for anybody at all today'
    .split(' ')
    .map((word, index) => ({ word, start: index * 0.5, end: index * 0.5 + 0.4 }))
const transcript = { text: words.map(({ word }) => word).join(' '), language: 'en', duration: 3661.25, words }
const told = (format: TranscriptFormat, more: object = {}) =>
  transcriptAnswer({ ...transcript, ...more }, { format, words: true }).body.toString()

describe('a transcript', () => {
  test('as subtitles ends them at sentences, and where they would be too long to read', () => {
    const srt = told('srt')
    expect(srt.split('\n\n')[0]).toBe('1\n00:00:00,000 --> 00:00:01,400\nGood morning everyone.')
    expect(srt.match(/^\d+$/gm)).toEqual(['1', '2', '3'])
    for (const line of srt.split('\n')) expect(line.length).toBeLessThanOrEqual(84)
    expect(told('vtt')).toMatch(/^WEBVTT\n\n00:00:00\.000 --> 00:00:01\.400\nGood morning everyone\.\n\n/)
  })

  test('without times of words is one subtitle of its whole length', () => {
    expect(told('srt', { words: [], text: 'Hi' })).toBe('1\n00:00:00,000 --> 01:01:01,250\nHi\n\n')
    expect(told('srt', { words: [], text: '' })).toBe('')
  })

  test('as JSON tells what it knows', () => {
    expect(JSON.parse(told('json'))).toEqual({ text: transcript.text, usage: { type: 'duration', seconds: 3662 } })
    const verbose = JSON.parse(told('verbose_json')) as { words: unknown[]; segments: unknown[]; duration: number }
    expect(verbose).toMatchObject({ task: 'transcribe', language: 'en', duration: 3661.25, words })
    expect(verbose.segments).toHaveLength(3)
    expect(told('text')).toBe(`${transcript.text}\n`)
  })
})
