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

interface Returned {
  last: number
  unwritten: number
}

export function createReturns(monotonic: () => number): Returns {
  // A record stays and is changed: where a provider fails, every request gives something back.
  const byOrg = new Map<string, Returned>()
  return {
    note(org) {
      let returned = byOrg.get(org)
      if (returned === undefined) {
        if (byOrg.size >= bound) byOrg.delete(byOrg.keys().next().value as string)
        returned = { last: 0, unwritten: 0 }
        byOrg.set(org, returned)
      }
      const noted = returned
      noted.last = monotonic()
      noted.unwritten++
      return () => {
        noted.unwritten--
        // A reading that began before this may not have seen it.
        noted.last = monotonic()
      }
    },
    since(org, asOf) {
      const noted = byOrg.get(org)
      return noted !== undefined && (noted.unwritten > 0 || noted.last >= asOf)
    },
    areUnwritten: (org) => (byOrg.get(org)?.unwritten ?? 0) > 0,
  }
}
