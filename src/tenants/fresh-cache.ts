import { OwnkeyError } from '../contract/index.ts'
import { type Clock, createBatchedLoad, type LoadMany } from '../lib/index.ts'

/** The result of checking a kept value: keep it (perhaps with newer numbers), or load it again because it changed or is gone. */
export type Verdict<Value> = { keep: Value } | 'reload'

export interface FreshCacheParts<Value> {
  clock: Clock
  /** A value that was not read or checked within this time is never given out. Milliseconds. */
  maxAgeMs(): number
  /** How long "there is no such thing" is believed. Milliseconds. */
  unknownMs: number
  /** Values that nobody asked for in this time are dropped. Milliseconds. */
  idleMs: number
  /** Kept at most; the ones used longest ago go first. */
  bound: number
  /** A load that takes longer has failed. Milliseconds. */
  deadlineMs: number
  loadMany: LoadMany<string, Value>
  /** Compares kept values with the database, in one query. Keys without a verdict are reloaded. */
  check(kept: ReadonlyMap<string, Value>): Promise<ReadonlyMap<string, Verdict<Value>>>
}

export interface FreshCache<Value> {
  /** At once when a fresh value is kept, else a promise. @throws OwnkeyError `unavailable` (by the promise). */
  get(key: string): Value | undefined | Promise<Value | undefined>
  forget(key: string): void
  forgetWhere(matches: (value: Value) => boolean): void
  /** Checks all values in use and drops idle ones. Never throws: what could not be checked grows old. */
  revalidate(): Promise<void>
  readonly size: number
  /** Age of the value in use that was read or checked longest ago, in milliseconds; 0 when nothing is in use. */
  oldestMs(): number
}

interface Kept<Value> {
  value: Value | undefined
  /** When the reading began that this value, or its last check, comes from. Monotonic. */
  readAt: number
  usedAt: number
}

/** So many are checked by one statement. */
const checkSize = 5_000

/**
 * A cache whose values are known to be at most `maxAgeMs` old: age counts from before the query was sent. Nobody is ever
 * given an older one; they wait for a reload, and where that fails they get an error, never the old value.
 */
export function createFreshCache<Value>(parts: FreshCacheParts<Value>): FreshCache<Value> {
  const { clock, bound } = parts
  const kept = new Map<string, Kept<Value>>()
  const loading = new Map<string, Promise<Value | undefined>>()
  const batch = createBatchedLoad<string, Kept<Value>>(async (keys) => {
    const readAt = clock.monotonic()
    const values = await withDeadline(parts.loadMany(keys), parts.deadlineMs)
    return new Map(keys.map((key) => [key, { value: values.get(key), readAt, usedAt: readAt }]))
  })

  function get(key: string): Value | undefined | Promise<Value | undefined> {
    const found = kept.get(key)
    if (found) {
      const now = clock.monotonic()
      if (now - found.readAt <= (found.value === undefined ? parts.unknownMs : parts.maxAgeMs())) {
        found.usedAt = now
        return found.value
      }
    }
    return load(key)
  }

  function load(key: string): Promise<Value | undefined> {
    const running = loading.get(key)
    if (running) return running
    const started: Promise<Value | undefined> = batch.load(key).then(
      (fresh) => {
        // If the key was forgotten meanwhile, this load is off the list, and its value may be older than the change.
        if (loading.get(key) === started) {
          loading.delete(key)
          if (fresh) keep(key, fresh)
        }
        return fresh?.value
      },
      (error) => {
        if (loading.get(key) === started) loading.delete(key)
        throw asUnavailable(error)
      },
    )
    loading.set(key, started)
    return started
  }

  function keep(key: string, fresh: Kept<Value>): void {
    kept.set(key, { ...fresh, usedAt: clock.monotonic() })
    if (kept.size > bound) dropOldest(kept, Math.ceil(bound / 10))
  }

  function forget(key: string): void {
    kept.delete(key)
    loading.delete(key)
    batch.restart(key)
  }

  async function checkSome(some: Map<string, Kept<Value>>): Promise<void> {
    const readAt = clock.monotonic()
    const values = new Map<string, Value>()
    for (const [key, { value }] of some) if (value !== undefined) values.set(key, value)
    const verdicts = await withDeadline(parts.check(values), parts.deadlineMs)
    for (const [key, checked] of some) {
      if (kept.get(key) !== checked) continue
      const verdict = verdicts.get(key) ?? 'reload'
      if (verdict === 'reload') forget(key)
      else {
        checked.value = verdict.keep
        checked.readAt = readAt
      }
    }
  }

  function dropUnused(): [string, Kept<Value>][] {
    const now = clock.monotonic()
    const inUse: [string, Kept<Value>][] = []
    for (const [key, found] of kept) {
      if (found.value === undefined) {
        if (now - found.readAt > parts.unknownMs) kept.delete(key)
      } else if (now - found.usedAt > parts.idleMs) kept.delete(key)
      else inUse.push([key, found])
    }
    return inUse
  }

  return {
    get,
    forget,
    forgetWhere(matches) {
      for (const [key, { value }] of kept) if (value !== undefined && matches(value)) forget(key)
      // A value that is still being read may match, too, and cannot be looked at yet.
      for (const key of [...loading.keys()]) forget(key)
    },
    async revalidate() {
      const inUse = dropUnused()
      const rounds: Promise<void>[] = []
      for (let at = 0; at < inUse.length; at += checkSize) {
        rounds.push(checkSome(new Map(inUse.slice(at, at + checkSize))).catch(() => {}))
      }
      await Promise.all(rounds)
    },
    get size() {
      return kept.size
    },
    oldestMs() {
      const now = clock.monotonic()
      let oldest = now
      for (const { value, readAt, usedAt } of kept.values())
        if (value !== undefined && now - usedAt <= parts.idleMs && readAt < oldest) oldest = readAt
      return now - oldest
    },
  }
}

function dropOldest<Value>(kept: Map<string, Kept<Value>>, count: number): void {
  const byUse = [...kept].sort(([, a], [, b]) => a.usedAt - b.usedAt)
  for (const [key] of byUse.slice(0, count)) kept.delete(key)
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OwnkeyError('unavailable', { detail: 'The database does not answer.' })), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function asUnavailable(error: unknown): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  return new OwnkeyError('unavailable', { detail: 'The database cannot be read.', cause: error })
}
