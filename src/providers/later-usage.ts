import type { Counts, Usage } from './usage-reading.ts'

/** Counts that are told together: what one of them loses another may have won, as a prompt's tokens do that were cached. */
const together: readonly (readonly (keyof Counts)[])[] = [
  [
    'inputTokens',
    'inputAudioTokens',
    'inputImageTokens',
    'cacheReadTokens',
    'cacheReadAudioTokens',
    'cacheReadImageTokens',
    'cacheWriteTokens',
    'cacheWriteHourTokens',
  ],
  ['outputTokens', 'reasoningTokens', 'outputAudioTokens', 'outputImageTokens'],
  ['characters'],
  ['audioSeconds'],
  ['webSearches'],
  ['dollars'],
]

/**
 * What holds when an answer tells counts again: they are cumulative, so the later ones win, field by field. Not zeros over what
 * was counted before: some servers end a stream with counts that were never filled in.
 */
export function laterUsage(earlier: Usage | undefined, later: Usage): Usage {
  if (earlier === undefined) return later
  const usage: Usage = { ...earlier, ...later }
  for (const names of together) {
    if (sum(later, names) > 0 || sum(earlier, names) === 0) continue
    for (const name of names) {
      const count = earlier[name]
      if (count === undefined) delete usage[name]
      else usage[name] = count
    }
  }
  return usage
}

function sum(usage: Usage, names: readonly (keyof Counts)[]): number {
  let all = 0
  for (const name of names) all += usage[name] ?? 0
  return all
}
