import { OwnkeyError } from '../../contract/index.ts'
import { type Enrolled, Roster } from '../../lib/index.ts'

/** A request body whose next bytes are waited for. */
export interface WaitedFor extends Enrolled {
  /** When bytes last came, in monotonic milliseconds: setting the system's clock neither ends an upload nor spares one. */
  readonly waitingSince: number
  giveUp(error: OwnkeyError): void
}

const everyMs = 2_000

/**
 * Ends uploads that have stalled. One sweep over the bodies that are waited for is cheaper than a timer for every request. An
 * upload that is paused because the provider reads slowly is not waited for, and not ended.
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
