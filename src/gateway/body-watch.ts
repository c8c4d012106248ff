import { OwnkeyError } from '../contract/index.ts'
import { type Enrolled, Roster } from '../lib/index.ts'

/** A body that somebody waits for. */
export interface WaitedFor extends Enrolled {
  /** Monotonic milliseconds since when nothing has come: a clock that is set anew neither ends an upload nor spares one. */
  readonly waitingSince: number
  giveUp(error: OwnkeyError): void
}

const everyMs = 2_000

/**
 * Ends uploads that have stopped coming. One sweep over the few bodies that somebody waits for, instead of a timer for
 * every request; an upload that waits for a slow provider is not among them.
 */
export class BodyWatch {
  private readonly waiting = new Roster<WaitedFor>()
  private readonly sweeping: NodeJS.Timeout
  private readonly idleMs: () => number

  constructor(idleMs: () => number) {
    this.idleMs = idleMs
    this.sweeping = setInterval(() => this.sweep(performance.now()), everyMs).unref()
  }

  add(body: WaitedFor): void {
    this.waiting.add(body)
  }

  delete(body: WaitedFor): void {
    this.waiting.delete(body)
  }

  sweep(now: number): void {
    const idleMs = this.idleMs()
    for (const body of this.waiting.list()) if (now - body.waitingSince > idleMs) body.giveUp(stalled(idleMs))
  }

  close(): void {
    clearInterval(this.sweeping)
  }
}

function stalled(idleMs: number): OwnkeyError {
  return new OwnkeyError('request_stalled', {
    detail: `Nothing of the request’s body came for ${idleMs / 1000} seconds.`,
  })
}
