/** One place that an organization has taken. */
export interface OrgPlace {
  /** Gives it back; calling it again does nothing. */
  release(): void
}

const mostRemembered = 10_000

/** Counts what each organization has under way in this process, so that none takes more than its limit. */
export class OrgPlaces {
  /** By organization, kept at 0 as well: adding and deleting entries all the time costs memory (docs/decisions/0014). */
  private readonly taken = new Map<string, number>()

  /** @returns undefined when all are taken */
  take(org: string, limit: number): OrgPlace | undefined {
    const taken = this.taken.get(org) ?? 0
    if (taken >= limit) return undefined
    if (this.taken.size >= mostRemembered) this.forgetIdle()
    this.taken.set(org, taken + 1)
    let released = false
    return {
      release: () => {
        if (released) return
        released = true
        this.taken.set(org, (this.taken.get(org) ?? 1) - 1)
      },
    }
  }

  private forgetIdle(): void {
    for (const [org, taken] of this.taken) if (taken === 0) this.taken.delete(org)
  }
}
