/** Counts observations by upper bound, without what prom-client would do for each one. */
export interface Histogram {
  readonly bounds: readonly number[]
  /** Observations up to each bound and above the one before it; the last one: above all bounds. */
  readonly counts: readonly number[]
  readonly sum: number
  observe(value: number): void
}

/** @param bounds ascending, in the unit of the observations */
export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = new Array<number>(bounds.length + 1).fill(0)
  let sum = 0
  return {
    bounds,
    counts,
    get sum() {
      return sum
    },
    observe(value) {
      let at = 0
      while (at < bounds.length && value > (bounds[at] as number)) at++
      counts[at] = (counts[at] as number) + 1
      sum += value
    },
  }
}
