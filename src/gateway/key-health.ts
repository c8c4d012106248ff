import type { ErrorClass } from '../contract/index.ts'
import type { Failure } from '../providers/index.ts'

/** A failure remembered for a key, with what a caller is answered meanwhile. */
export interface Resting<Answer> {
  failure: Failure
  answer: Answer
  /** Milliseconds since 1970. */
  since: number
  until: number
}

/** The same by the clock that nobody sets. */
interface Remembered<Answer> extends Omit<Resting<Answer>, 'until'> {
  endsAt: number
}

interface State<Answer> {
  /** Last time the provider accepted the key. */
  goodAt: number
  /** By `''` (the key itself) or by model (its rate limit). */
  resting: Map<string, Remembered<Answer>>
  failures: number
  /** How the last failure reads; the next one that reads the same makes the key rest. */
  reading: string | undefined
  /** The same of a stream that began well: that the provider accepts the key says nothing of its end. */
  laterReading: string | undefined
  /** It has failed once since it was accepted, and nobody knows yet whether it will again. */
  suspect: boolean
  /** Under way while the first requests of a key of unknown health are. */
  trial: Trial | undefined
}

interface Trial {
  since: number
  pilots: number
  told: Promise<void>
  tell(): void
}

/** What a failed request was answered, as far as it is looked at here. */
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
 * What is worth remembering, once it has happened twice in a row with the same words or the provider says how long to wait: a
 * single failure may be of the moment, and whoever mends a key wants to see it work, or to see what is wrong with it now. An
 * outage or a refused prompt says nothing about the next request.
 */
const memories: Partial<Record<ErrorClass, Memory>> = {
  invalid_key: { baseMs: 5_000, maxMs: 60_000, extent: 'key' },
  quota_exhausted: { baseMs: 5_000, maxMs: 60_000, extent: 'model' },
  rate_limited: { baseMs: 1_000, maxMs: 10_000, extent: 'model' },
}

const longestRetryAfterMs = 120_000
const goodForMs = 300_000
const maxKeys = 50_000
/** Models are named by callers, and each has an answer that a customer's own host may have made long. */
const maxModels = 50
/** Bytes of an answer in which two failures may differ. */
const longestReading = 2_048

/** A second and a third pilot go when the first has not told after so long; a lost connection must not hold up the rest. */
const morePilotsAfterMs = [400, 1_200]
/** Then everybody tries for themselves: the provider is slow, and waiting for it helps nobody. */
const patienceMs = 2_500

/**
 * What this node knows of keys' health, so that a dead key is not tried on every request: a short memory per key version
 * (a new or changed key has a new version, so it is tried at once), the provider's own waiting times, and one pilot
 * request where a key's health is unknown.
 */
export class KeyHealth<Answer extends Told> {
  private readonly states = new Map<string, State<Answer>>()
  private readonly wall: () => number
  /** Rests and waits are measured by it: a clock that is set back must not let a key rest for an hour more. */
  private readonly now: () => number

  /** @param now milliseconds since 1970; a clock of a test's own measures durations, too */
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
   * Asks to try a key of unknown health. Of a herd that comes in the same moment one may: what is answered says so at once.
   * @returns a function to call when the verdict is known, whatever it is: go. Or a promise: others are trying; wait, and ask
   *   again where it answers `ask again`, because nothing was told yet.
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

  /** True when the key has failed once in a way that lasts: one more request finds out, the others wait for it. */
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
    // Its words are ours, and the same for all of a class.
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

/** What is over goes, and when nothing is, what was noted first. */
function makeRoom(resting: Map<string, { endsAt: number }>, now: number): void {
  for (const [extent, { endsAt }] of resting) if (endsAt <= now) resting.delete(extent)
  if (resting.size >= maxModels) resting.delete(resting.keys().next().value as string)
}

/** A failure without what differs from one request to the next: ids, times, counts. */
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
