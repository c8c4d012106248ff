import type { EntryEnd, EntryStart } from '../../metering/index.ts'
import { createHistogram, type Histogram } from './histogram.ts'

/** Milliseconds. The gateway's own time is below one; what is above waited for a body, the database or a pilot. */
const addedBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000, 5000]
const upstreamBounds = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000]

/** One provider's attempts on keys of one source. */
export interface Attempts {
  provider: string
  source: string
  /** By error class; `ok` for what was served, `unanswered` for what was not sent, or had no answer yet when its caller left. */
  byClass: Map<string, number>
  /** Attempts that were made because an own key had failed, by that failure's class. */
  fallbacks: Map<string, number>
  firstByte: Histogram
}

/** What passed through this process since it started. */
export interface Traffic {
  ended(start: EntryStart, end: EntryEnd): void
  /** A request that no attempt answered, by Ownkey's own code. */
  refused(code: string): void
  /** Milliseconds from a request's head to the moment its first attempt is sent. */
  added(ms: number): void
  readonly attempts: Iterable<Attempts>
  readonly refusals: ReadonlyMap<string, number>
  readonly addedMs: Histogram
}

export function createTraffic(): Traffic {
  const bySource = new Map<string, Map<string, Attempts>>()
  const refusals = new Map<string, number>()
  const addedMs = createHistogram(addedBounds)
  // Two maps, so that no string has to be made for each request.
  const attemptsOf = ({ provider, source }: EntryStart): Attempts => {
    const found = bySource.get(source)?.get(provider)
    if (found !== undefined) return found
    const byProvider = bySource.get(source) ?? new Map<string, Attempts>()
    const attempts = newAttempts(provider, source)
    bySource.set(source, byProvider.set(provider, attempts))
    return attempts
  }
  return {
    ended(start, end) {
      const attempts = attemptsOf(start)
      addOne(attempts.byClass, end.errorClass ?? (isAnswered(end) ? 'ok' : 'unanswered'))
      if (start.fallbackClass !== undefined) addOne(attempts.fallbacks, start.fallbackClass)
      if (end.firstByteMs !== undefined) attempts.firstByte.observe(end.firstByteMs)
    },
    refused: (code) => addOne(refusals, code),
    added: (ms) => addedMs.observe(ms),
    get attempts() {
      return [...bySource.values()].flatMap((byProvider) => [...byProvider.values()])
    },
    refusals,
    addedMs,
  }
}

function isAnswered({ status, charged }: EntryEnd): boolean {
  return charged || status !== undefined
}

function newAttempts(provider: string, source: string): Attempts {
  return { provider, source, byClass: new Map(), fallbacks: new Map(), firstByte: createHistogram(upstreamBounds) }
}

function addOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
