/** When credits or quota that attempts held were last given back, by organization. */
export interface Returns {
  note(org: string): void
  /** @param asOf monotonic milliseconds */
  since(org: string, asOf: number): boolean
}

/** Organizations remembered; one that is forgotten waits until its snapshot is read again by itself. */
const bound = 5_000

export function createReturns(monotonic: () => number): Returns {
  const last = new Map<string, number>()
  return {
    note(org) {
      // The one that was noted longest ago stands first.
      last.delete(org)
      last.set(org, monotonic())
      if (last.size > bound) last.delete(last.keys().next().value as string)
    },
    since: (org, asOf) => (last.get(org) ?? Number.NEGATIVE_INFINITY) >= asOf,
  }
}
