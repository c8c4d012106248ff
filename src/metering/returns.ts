/** When credits or quota that attempts held were last given back, by organization. */
export interface Returns {
  /** @returns to be called once it is in the database */
  note(org: string): () => void
  /** @param asOf monotonic milliseconds */
  since(org: string, asOf: number): boolean
  /** Whether the database does not know of all yet. */
  areUnwritten(org: string): boolean
}

/** Organizations remembered; one that is forgotten waits until its snapshot is read again by itself. */
const bound = 5_000

export function createReturns(monotonic: () => number): Returns {
  const last = new Map<string, number>()
  const unwritten = new Map<string, number>()
  const unwrittenOf = (org: string) => unwritten.get(org) ?? 0
  return {
    note(org) {
      // The one that was noted longest ago stands first.
      last.delete(org)
      last.set(org, monotonic())
      if (last.size > bound) last.delete(last.keys().next().value as string)
      unwritten.set(org, unwrittenOf(org) + 1)
      return () => {
        if (unwrittenOf(org) > 1) unwritten.set(org, unwrittenOf(org) - 1)
        else unwritten.delete(org)
      }
    },
    since: (org, asOf) => (last.get(org) ?? Number.NEGATIVE_INFINITY) >= asOf,
    areUnwritten: (org) => unwritten.has(org),
  }
}
