import { OwnkeyError } from '../contract/index.ts'
import type { Clock } from '../lib/index.ts'
import { type CapStanding, capPhrase } from '../policy/index.ts'
import type { Hold, RoomWish, Verdict } from './cap-room.ts'

export interface WaitingLineParts {
  clock: Pick<Clock, 'monotonic'>
  /** Milliseconds that one waits at most. */
  waitMs: number
  /** Whether there is room for it now. @throws spend_cap_reached where there will be none */
  judge(wish: RoomWish): Verdict
  /** Gives it the room. */
  hold(wish: RoomWish): Hold
  /** Nobody waits any more. */
  onEmpty(): void
}

interface Waiting {
  wish: RoomWish
  /** Cannot be judged before newer sums are read. */
  isOutdated: boolean
  /** The caps that it shares with others. */
  names: readonly string[]
  bound: NodeJS.Timeout
  done(hold: Hold): void
  failed(error: unknown): void
}

/** Room also comes from elsewhere: another node, a new day, a node that went. Between two looks, milliseconds. */
const lookEveryMs = 1_000
/** Until then all nodes have written what they settled before, and nobody becomes a load on the database. */
const lookSoonMs = 100
/** When those in flight may be over. */
const retryAfterSeconds = 5

/**
 * The attempts of one organization that wait for room under their caps. Nobody goes before another who came earlier and waits
 * under the same cap.
 */
export class WaitingLine {
  private waiting: Waiting[] = []
  private readonly parts: WaitingLineParts
  private timer: NodeJS.Timeout | undefined
  /** When the timer goes off. */
  private due = 0

  constructor(parts: WaitingLineParts) {
    this.parts = parts
  }

  get length(): number {
    return this.waiting.length
  }

  /** One that expects no cost takes no room from those who wait. */
  isAheadOf({ standing, expectation }: RoomWish): boolean {
    if ((expectation.cost?.costPico ?? 0) === 0) return false
    const names = namesOf(standing.caps)
    return this.waiting.some((one) => one.names.some((name) => names.includes(name)))
  }

  join(wish: RoomWish, isOutdated: boolean): Promise<Hold> {
    const promise = new Promise<Hold>((done, failed) => {
      const bound = setTimeout(() => this.giveUp(one, stillHeld(wish)), this.parts.waitMs).unref()
      const one: Waiting = { wish, isOutdated, names: namesOf(wish.standing.caps), bound, done, failed }
      this.waiting.push(one)
      wish.standing.onWait?.(() => this.giveUp(one, new Error('the caller is gone')))
    })
    this.lookIn(isOutdated ? lookSoonMs : lookEveryMs)
    return promise
  }

  /** Lets those go for whom there is room, and refuses those for whom there will be none. */
  serve(): void {
    const taken = new Set<string>()
    for (const one of this.waiting.slice()) {
      if (!one.names.some((name) => taken.has(name)) && this.serveOne(one)) continue
      for (const name of one.names) taken.add(name)
    }
    if (this.waiting.length === 0) this.end()
  }

  close(): void {
    for (const one of this.waiting.splice(0)) {
      clearTimeout(one.bound)
      one.failed(new OwnkeyError('unavailable'))
    }
    this.end()
  }

  /** @returns false: it goes on waiting */
  private serveOne(one: Waiting): boolean {
    if (one.isOutdated) return false
    try {
      const verdict = this.parts.judge(one.wish)
      one.isOutdated = verdict === 'outdated'
      if (one.isOutdated) this.lookIn(lookSoonMs)
      if (verdict !== 'goes') return false
      this.leave(one)
      one.done(this.parts.hold(one.wish))
    } catch (error) {
      this.leave(one)
      one.failed(error)
    }
    return true
  }

  private giveUp(one: Waiting, error: unknown): void {
    if (!this.leave(one)) return
    one.failed(error)
    this.serve()
  }

  /** @returns false: it had left before */
  private leave(one: Waiting): boolean {
    const at = this.waiting.indexOf(one)
    if (at === -1) return false
    clearTimeout(one.bound)
    this.waiting.splice(at, 1)
    return true
  }

  private lookIn(ms: number): void {
    const due = this.parts.clock.monotonic() + ms
    if (this.timer !== undefined && this.due <= due) return
    clearTimeout(this.timer)
    this.due = due
    this.timer = setTimeout(() => void this.look(), ms).unref()
  }

  private async look(): Promise<void> {
    this.timer = undefined
    const begun = this.parts.clock.monotonic()
    const [first, ...others] = this.waiting
    // What the first one has read is there for the others.
    if (first !== undefined) await this.renew(first, begun)
    await Promise.all(others.map((one) => this.renew(one, begun)))
    this.serve()
    if (this.waiting.length > 0) this.lookIn(lookEveryMs)
  }

  private async renew(one: Waiting, begun: number): Promise<void> {
    const { wish } = one
    try {
      const newest = await wish.standing.renewed?.(one.isOutdated ? begun : 0)
      // Newer numbers; how they are read stays, because they are read again and again.
      wish.standing = { ...wish.standing, ...newest }
      one.isOutdated = false
    } catch (error) {
      this.giveUp(one, error)
    }
  }

  private end(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.parts.onEmpty()
  }
}

function namesOf(caps: readonly CapStanding[] = []): readonly string[] {
  return caps.map(({ scope, per, currency, key, features }) => [scope, per, currency, key, features].join('\n'))
}

function stillHeld({ tight, standing }: RoomWish): OwnkeyError {
  const cap = tight ?? (standing.caps?.[0] as CapStanding)
  return new OwnkeyError('spend_cap_reached', {
    detail: `${capPhrase(cap)} may be used up by the requests that are under way.`,
    fix: 'Send the request again when some of them have ended.',
    retryAfterSeconds,
  })
}
