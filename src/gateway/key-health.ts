import type { ErrorClass } from '../contract/index.ts'
import type { Failure } from '../providers/index.ts'

/** A failure remembered for a key, with what a caller is answered meanwhile. */
export interface Resting<Answer> {
  failure: Failure
  answer: Answer
  /** Milliseconds since 1970. */
  until: number
}

interface State<Answer> {
  /** Last time the provider accepted the key. */
  goodAt: number
  /** By `''` (the key itself) or by model (its rate limit). */
  resting: Map<string, Resting<Answer>>
  failures: number
  /** The one request that is trying a key of unknown health. */
  pilot: Promise<void> | undefined
}

interface Memory {
  /** First rest; doubled for every failure that follows, up to `maxMs`. */
  baseMs: number
  maxMs: number
  /** `key`: all of the key's traffic rests; `model`: only this model's. */
  extent: 'key' | 'model'
}

/** What is worth remembering. An outage or a refused prompt says nothing about the next request. */
const memories: Partial<Record<ErrorClass, Memory>> = {
  invalid_key: { baseMs: 5_000, maxMs: 60_000, extent: 'key' },
  quota_exhausted: { baseMs: 5_000, maxMs: 60_000, extent: 'model' },
  rate_limited: { baseMs: 1_000, maxMs: 10_000, extent: 'model' },
}

const longestRetryAfterMs = 120_000
const goodForMs = 300_000
const maxKeys = 50_000

/** How long others wait for the pilot's verdict before they try for themselves. */
export const pilotPatienceMs = 300

/**
 * What this node knows of keys' health, so that a dead key is not tried on every request: a short memory per key version
 * (a new or changed key has a new version, so it is tried at once), the provider's own waiting times, and one pilot
 * request where a key's health is unknown.
 */
export class KeyHealth<Answer> {
  private readonly states = new Map<string, State<Answer>>()
  private readonly now: () => number

  constructor(now: () => number = Date.now) {
    this.now = now
  }

  /** The failure to answer instead of trying, if the key is resting. */
  resting(key: string, model: string | undefined): Resting<Answer> | undefined {
    const state = this.states.get(key)
    if (state === undefined || state.resting.size === 0) return undefined
    const now = this.now()
    for (const extent of ['', model ?? '-']) {
      const rest = state.resting.get(extent)
      if (rest !== undefined && rest.until > now) return rest
    }
    return undefined
  }

  /** Undefined: go. A promise: somebody is trying this key right now; wait for it, but not for ever. */
  pilotUnderWay(key: string): Promise<void> | undefined {
    return this.states.get(key)?.pilot
  }

  /** True when the key was accepted lately and has not failed since. */
  isKnownGood(key: string): boolean {
    const state = this.states.get(key)
    return state !== undefined && state.failures === 0 && this.now() - state.goodAt < goodForMs
  }

  /** Claims the pilot's place. Call the answered function when the verdict is known, whatever it is. */
  becomePilot(key: string): () => void {
    let finish: () => void = () => undefined
    const state = this.stateOf(key)
    state.pilot = new Promise((resolve) => {
      finish = resolve
    })
    return () => {
      state.pilot = undefined
      finish()
    }
  }

  accepted(key: string): void {
    const state = this.stateOf(key)
    state.goodAt = this.now()
    state.failures = 0
    if (state.resting.size > 0) state.resting.clear()
  }

  /** Remembers a failure, if it is of a kind that lasts. */
  failed(key: string, attempt: { model: string | undefined; failure: Failure; answer: Answer }): void {
    const memory = memories[attempt.failure.class]
    if (memory === undefined) return
    const state = this.stateOf(key)
    const ownMs = Math.min(memory.baseMs * 2 ** state.failures, memory.maxMs)
    const restMs = Math.min(attempt.failure.retryAfterMs ?? ownMs, longestRetryAfterMs)
    state.failures++
    const extent = memory.extent === 'key' ? '' : (attempt.model ?? '-')
    state.resting.set(extent, { failure: attempt.failure, answer: attempt.answer, until: this.now() + restMs })
  }

  private stateOf(key: string): State<Answer> {
    let state = this.states.get(key)
    if (state === undefined) {
      if (this.states.size >= maxKeys) this.states.delete(this.states.keys().next().value as string)
      state = { goodAt: 0, resting: new Map(), failures: 0, pilot: undefined }
      this.states.set(key, state)
    }
    return state
  }
}
