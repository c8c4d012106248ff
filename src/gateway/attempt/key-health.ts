import type { ErrorClass } from '../../contract/index.ts'
import type { Failure } from '../../providers/index.ts'

/** A failure remembered for a key, with what a caller is answered meanwhile. */
export interface Resting<Answer> {
  failure: Failure
  answer: Answer
  /** Milliseconds since 1970. */
  since: number
  until: number
}

/** The same, its end in monotonic milliseconds. */
interface Remembered<Answer> extends Omit<Resting<Answer>, 'until'> {
  endsAt: number
}

interface State<Answer> {
  /** Last time the provider accepted the key. */
  goodAt: number
  /** By `''` (the key itself) or by model (its rate limit). */
  resting: Map<string, Remembered<Answer>>
  failures: number
  /** The words of the last failure; a second one with the same words makes the key rest. */
  reading: string | undefined
  /** The same for failures in the middle of a stream, kept apart: an accepted key may still fail there again. */
  laterReading: string | undefined
  /** It has failed once since it was last accepted; whether it fails again is not known yet. */
  suspect: boolean
  /** Present while the first requests on a key of unknown health are under way. */
  trial: Trial | undefined
}

/** The first requests on a key of unknown health (its pilots). All others wait until one of them tells how it went. */
interface Trial {
  since: number
  pilots: number
  told: Promise<void>
  tell(): void
}

/** The part of a failed request's answer that is looked at here. */
interface Told {
  answer?: { body: Buffer } | undefined
}

interface Failed<Answer> {
  model: string | undefined
  failure: Failure
  answer: Answer
}

interface Memory {
  /** First rest; doubled for every failure that follows, up to `maxMs`. */
  baseMs: number
  maxMs: number
  /** `key`: all of the key's traffic rests; `model`: only this model's. */
  extent: 'key' | 'model'
}

/**
 * Which failures make a key rest: after the second one in a row with the same words, or at once where the provider says how long
 * to wait. A single failure may be a passing one, and whoever is mending a key wants each try to reach the provider. Other
 * classes (an outage, a refused prompt) say nothing about the next request.
 */
const memories: Partial<Record<ErrorClass, Memory>> = {
  invalid_key: { baseMs: 5_000, maxMs: 60_000, extent: 'key' },
  quota_exhausted: { baseMs: 5_000, maxMs: 60_000, extent: 'model' },
  rate_limited: { baseMs: 1_000, maxMs: 10_000, extent: 'model' },
}

const longestRetryAfterMs = 120_000
const goodForMs = 300_000
const maxKeys = 50_000
/** Rests by model, for each key. Callers choose the models, and each rest keeps an answer, which may be long. */
const maxModels = 50
/** Only this many bytes of an answer are compared. */
const longestReading = 2_048

/** When a second and a third pilot are sent, if the first has not told anything: its connection may be lost. */
const morePilotsAfterMs = [400, 1_200]
/** After this, requests no longer wait for pilots: the provider is just slow. */
const patienceMs = 2_500

/**
 * What this node knows of keys' health, so that a dead key is not tried on every request: a short memory per key version
 * (a new or changed key has a new version, so it is tried at once), the provider's own waiting times, and one pilot
 * request where a key's health is unknown.
 */
export class KeyHealth<Answer extends Told> {
  private readonly states = new Map<string, State<Answer>>()
  private readonly wall: () => number
  /** A monotonic clock for rests and waits: setting the system's clock back must not let a key rest for an hour more. */
  private readonly now: () => number

  /** @param now milliseconds since 1970; a test's own clock is used for durations, too */
  constructor(now: () => number = Date.now) {
    this.wall = now
    this.now = now === Date.now ? () => performance.now() : now
  }

  /** The failure to answer instead of trying, if the key is resting. */
  resting(key: string, model: string | undefined): Resting<Answer> | undefined {
    const state = this.states.get(key)
    if (state === undefined || state.resting.size === 0) return undefined
    const now = this.now()
    for (const extent of ['', model ?? '-']) {
      const rest = state.resting.get(extent)
      if (rest !== undefined && rest.endsAt > now) return { ...rest, until: this.wall() + rest.endsAt - now }
    }
    return undefined
  }

  /** True when the key was accepted lately and has not failed since. */
  isKnownGood(key: string): boolean {
    const state = this.states.get(key)
    return state !== undefined && state.failures === 0 && this.now() - state.goodAt < goodForMs
  }

  /**
   * Asks to try a key of unknown health. Of many requests at the same moment only one may; the others wait for what it finds out.
   * @returns a function: go, and call it when the result is known. Or a promise: others are trying. It resolves to `told` when one
   *   of them has a result, and to `ask again` when it is time to ask here once more.
   */
  askToTry(key: string): (() => void) | Promise<'told' | 'ask again'> {
    const state = this.stateOf(key)
    state.trial ??= newTrial(this.now())
    const { trial } = state
    const waited = this.now() - trial.since
    const next = [...morePilotsAfterMs, patienceMs].find((ms) => waited < ms)
    if (next !== undefined && trial.pilots > morePilotsAfterMs.filter((ms) => waited >= ms).length)
      return toldWithin(trial, next - waited)
    trial.pilots++
    return () => {
      if (state.trial === trial) state.trial = undefined
      trial.tell()
    }
  }

  /** True when the key has failed once in a way that may last: one more request finds out, and the others wait for it. */
  isSuspect(key: string): boolean {
    return this.states.get(key)?.suspect === true
  }

  accepted(key: string): void {
    const state = this.stateOf(key)
    state.goodAt = this.now()
    state.failures = 0
    state.suspect = false
    state.reading = undefined
    if (state.resting.size > 0) state.resting.clear()
  }

  /** A stream came to its end. */
  endedWell(key: string): void {
    const state = this.states.get(key)
    if (state?.laterReading !== undefined) state.laterReading = undefined
  }

  /** Remembers a failure that a stream told after it had begun well; the next one that ends so makes the key rest. */
  failedLater(key: string, attempt: Failed<Answer>): void {
    if (memories[attempt.failure.class] === undefined) return
    const state = this.stateOf(key)
    state.reading = state.laterReading
    // The answer is in Ownkey's words, the same for all failures of a class, so there is nothing in it to compare.
    state.laterReading = readingOf(attempt.failure, {})
    this.note(key, attempt, state.laterReading)
  }

  /** Remembers a failure, if it is of a kind that lasts. */
  failed(key: string, attempt: Failed<Answer>): void {
    this.note(key, attempt, readingOf(attempt.failure, attempt.answer))
  }

  private note(key: string, attempt: Failed<Answer>, reading: string): void {
    const memory = memories[attempt.failure.class]
    if (memory === undefined) return
    const state = this.stateOf(key)
    state.goodAt = Number.NEGATIVE_INFINITY
    const isNew = state.reading !== reading
    state.suspect = state.reading === undefined && attempt.failure.retryAfterMs === undefined
    state.reading = reading
    if (isNew) state.failures = 0
    if (isNew && attempt.failure.retryAfterMs === undefined) return
    const ownMs = Math.min(memory.baseMs * 2 ** state.failures, memory.maxMs)
    const restMs = Math.min(attempt.failure.retryAfterMs ?? ownMs, longestRetryAfterMs)
    state.failures++
    const now = this.now()
    const extent = memory.extent === 'key' ? '' : (attempt.model ?? '-')
    const { failure, answer } = attempt
    if (state.resting.size >= maxModels) makeRoom(state.resting, now)
    state.resting.set(extent, { failure, answer, since: this.wall(), endsAt: now + restMs })
  }

  private stateOf(key: string): State<Answer> {
    let state = this.states.get(key)
    if (state === undefined) {
      if (this.states.size >= maxKeys) this.states.delete(this.states.keys().next().value as string)
      state = {
        goodAt: Number.NEGATIVE_INFINITY,
        resting: new Map(),
        failures: 0,
        reading: undefined,
        laterReading: undefined,
        suspect: false,
        trial: undefined,
      }
      this.states.set(key, state)
    }
    return state
  }
}

/** Drops the rests that are over; if there are none, the oldest one. */
function makeRoom(resting: Map<string, { endsAt: number }>, now: number): void {
  for (const [extent, { endsAt }] of resting) if (endsAt <= now) resting.delete(extent)
  if (resting.size >= maxModels) resting.delete(resting.keys().next().value as string)
}

/** A failure's class, code and words, without what differs from request to request: ids, times, counts. */
function readingOf({ class: errorClass, cause, code }: Failure, { answer }: Told): string {
  const words = answer?.body.toString('latin1', 0, longestReading).replaceAll(/[\w-]*\d[\w-]*/g, '') ?? ''
  return [errorClass, cause, code, words].join('\n')
}

function newTrial(since: number): Trial {
  let tell: () => void = () => undefined
  const told = new Promise<void>((resolve) => {
    tell = resolve
  })
  return { since, pilots: 0, told, tell }
}

async function toldWithin({ told }: Trial, ms: number): Promise<'told' | 'ask again'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'ask again'>((resolve) => {
    timer = setTimeout(resolve, ms, 'ask again')
  })
  const answer = await Promise.race([told.then(() => 'told' as const), late])
  clearTimeout(timer)
  return answer
}
