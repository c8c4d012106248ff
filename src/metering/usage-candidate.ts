import { laterUsage, type Usage } from '../providers/index.ts'

/** Counts that were found before it is known how deep they stand in the document. */
export interface Candidate {
  usage: Usage
  /** The level of the innermost container around them that is still open. */
  level: number
  /** How many objects around them have been closed so far. */
  objects: number
  /** An array around these objects has been closed, too. */
  inArray: boolean
}

/** Counts stand at the top or in one object below it; nothing deeper is the provider's own word. */
export const deepest = 2

/** The innermost open container around the counts was closed. */
export function leave(candidate: Candidate, isArray: boolean): void {
  // An array may stand around everything, as in streams of JSON, but nothing may stand around that array.
  if (candidate.inArray) candidate.objects = Number.POSITIVE_INFINITY
  else if (!isArray) candidate.objects++
  else if (candidate.objects > 0) candidate.inArray = true
  else candidate.objects = Number.POSITIVE_INFINITY
  candidate.level--
}

/** The candidates that do not stand too deep to be the provider's own counts. */
export function possible(candidates: readonly Candidate[]): Candidate[] {
  return mergeAlike(candidates.filter(({ objects }) => objects <= deepest))
}

/** Adds counts that were just read. */
export function withCandidate(
  candidates: readonly Candidate[],
  { usage, level }: Pick<Candidate, 'usage' | 'level'>,
): Candidate[] {
  return mergeAlike([...candidates, { usage, level, objects: 0, inArray: false }])
}

/** Merges candidates that stand at the same place: what the later one tells holds, see `laterUsage`. */
function mergeAlike(candidates: Candidate[]): Candidate[] {
  if (candidates.length < 2) return candidates
  const merged: Candidate[] = []
  for (const next of candidates) {
    const same = merged.find(
      (one) => one.level === next.level && one.objects === next.objects && one.inArray === next.inArray,
    )
    if (same) same.usage = laterUsage(same.usage, next.usage)
    else merged.push(next)
  }
  return merged
}
