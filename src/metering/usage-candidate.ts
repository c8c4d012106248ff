import { laterUsage, type Usage } from '../providers/index.ts'

/** Counts whose place in the document is not known yet. `objects` closed around them so far, then maybe one array. */
export interface Candidate {
  usage: Usage
  /** The level of the innermost container around them that is still open. */
  level: number
  objects: number
  inArray: boolean
}

/** Counts stand at the top or in one object below it; nothing deeper is the provider's own word. */
export const deepest = 2

/** The innermost open container around the counts was closed. */
export function leave(candidate: Candidate, isArray: boolean): void {
  // An array may stand around everything, but nothing around that.
  if (candidate.inArray) candidate.objects = Number.POSITIVE_INFINITY
  else if (!isArray) candidate.objects++
  else if (candidate.objects > 0) candidate.inArray = true
  else candidate.objects = Number.POSITIVE_INFINITY
  candidate.level--
}

/** Those that may still turn out to be the provider's own counts. */
export function possible(candidates: readonly Candidate[]): Candidate[] {
  return mergeAlike(candidates.filter(({ objects }) => objects <= deepest))
}

/** With one that was read a moment ago: nothing stands around it yet. */
export function withCandidate(
  candidates: readonly Candidate[],
  { usage, level }: Pick<Candidate, 'usage' | 'level'>,
): Candidate[] {
  return mergeAlike([...candidates, { usage, level, objects: 0, inArray: false }])
}

/** Candidates in the same place share their fate from here on. */
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
