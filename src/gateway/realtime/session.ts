import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { OwnkeyError } from '../../contract/index.ts'
import type { KeyRedactor } from '../answer/key-redactor.ts'
import { closeWithinMs, type Ending, endingOfFault, sayEnding } from './close-frames.ts'
import { type FirstMessageRules, type Message, prepareFirst } from './first-message.ts'
import { redactMessage, redactReason } from './redact-message.ts'
import type { SessionUsage } from './session-usage.ts'

export interface SessionParts {
  caller: WebSocket
  callerSocket: Socket
  /** Paused. */
  provider: WebSocket
  redactor: KeyRedactor
  usage: SessionUsage
  first: FirstMessageRules
  /** What the caller sent already; it goes up first. */
  waiting: readonly Message[]
  /** Called once, when both sides are closed. */
  onEnd(end: SessionEnd): void
}

/** How a session ended: what the provider said, or what made Ownkey end it. */
export interface SessionEnd {
  /** Absent: the provider did not end it. */
  byProvider?: Ending | undefined
  durationMs: number
}

type Side = 'caller' | 'provider'
const otherOf = { caller: 'provider', provider: 'caller' } as const

/** A side is paused when so many bytes wait for the other, and resumed when few are left. */
const highWater = 1024 * 1024
const lowWater = 128 * 1024

/** One caller's and one provider's connection with all that passes between them, until both are closed. */
export class Session {
  /** When something last passed. Milliseconds of `performance.now()`. */
  lastPassed = performance.now()
  private readonly parts: SessionParts
  private readonly sides: Record<Side, WebSocket>
  private readonly startedAt = performance.now()
  private readonly closed = new Set<Side>()
  private firstIsDue = true
  /** The ending is on its way to both sides; nothing passes any more from the one that was told. */
  private ending: Ending | undefined
  private byProvider: Ending | undefined

  constructor(parts: SessionParts) {
    this.parts = parts
    this.sides = { caller: parts.caller, provider: parts.provider }
    this.listen('caller')
    this.listen('provider')
    for (const message of parts.waiting) this.pass('caller', message)
    this.sides.provider.resume()
    this.sides.caller.resume()
  }

  /** How long it has been running. */
  get durationMs(): number {
    return performance.now() - this.startedAt
  }

  /** Ends both sides at once; the caller is told why. */
  end(ending: Ending): void {
    if (this.ending !== undefined) return
    this.ending = ending
    this.tell('caller', ending)
    // The provider need not know why.
    this.tell('provider', { code: 1000, reason: '' })
  }

  /** Cuts what has not closed. */
  cut(): void {
    this.sides.caller.terminate()
    this.sides.provider.terminate()
  }

  private listen(side: Side): void {
    const websocket = this.sides[side]
    const other = this.sides[otherOf[side]]
    websocket.on('message', (data: Buffer, isBinary) => this.pass(side, { data, isBinary }))
    websocket.on('ping', (data) => this.control(side, () => other.ping(data)))
    websocket.on('pong', (data) => this.control(side, () => other.pong(data)))
    websocket.on('error', (error) => this.fault(side, error))
    websocket.on('close', (code, reason) => this.sideClosed(side, { code, reason: reason.toString('utf8') }))
  }

  private pass(side: Side, message: Message): void {
    const to = this.sides[otherOf[side]]
    this.lastPassed = performance.now()
    if (this.ending !== undefined || to.readyState !== WebSocket.OPEN) return
    const data = side === 'caller' ? this.fromCaller(message) : this.fromProvider(message)
    if (data === undefined) return
    to.send(data, { binary: message.isBinary }, () => this.drained(side))
    this.hold(side)
  }

  private control(side: Side, send: () => void): void {
    this.lastPassed = performance.now()
    if (this.ending !== undefined || this.sides[otherOf[side]].readyState !== WebSocket.OPEN) return
    send()
    this.hold(side)
  }

  private fromCaller(message: Message): Buffer | undefined {
    this.parts.usage.fromCaller(message)
    if (!this.firstIsDue) return message.data
    this.firstIsDue = false
    try {
      return prepareFirst(message, this.parts.first)
    } catch (error) {
      const own = error instanceof OwnkeyError ? error : new OwnkeyError('internal')
      this.end({ code: 1008, reason: `${own.code}: ${own.message}` })
      return undefined
    }
  }

  private fromProvider(message: Message): Buffer {
    this.parts.usage.fromProvider(message)
    return redactMessage(message.data, this.parts.redactor)
  }

  /** The faster side waits for the slower one. */
  private hold(side: Side): void {
    if (this.sides[otherOf[side]].bufferedAmount > highWater) this.sides[side].pause()
  }

  private drained(side: Side): void {
    this.lastPassed = performance.now()
    const from = this.sides[side]
    if (from.isPaused && this.sides[otherOf[side]].bufferedAmount <= lowWater) from.resume()
  }

  /** `ws` has told the side at fault already. */
  private fault(side: Side, error: Error): void {
    if (this.ending !== undefined) return
    this.ending = endingOfFault(error, side)
    if (side === 'provider') this.byProvider = this.ending
    this.tell(otherOf[side], side === 'provider' ? this.ending : { code: 1001, reason: '' })
  }

  private sideClosed(side: Side, said: Ending): void {
    this.closed.add(side)
    if (this.ending === undefined) {
      const ending = side === 'provider' ? { ...said, reason: redactReason(said.reason, this.parts.redactor) } : said
      this.ending = ending
      if (side === 'provider') this.byProvider = ending
      this.tell(otherOf[side], ending)
    }
    if (this.closed.size === 2) this.parts.onEnd({ byProvider: this.byProvider, durationMs: this.durationMs })
  }

  private tell(side: Side, ending: Ending): void {
    const websocket = this.sides[side]
    if (websocket.readyState !== WebSocket.OPEN) return
    if (ending.code !== 1006) sayEnding(websocket, ending)
    else if (side === 'provider') websocket.terminate()
    else this.breakOff()
  }

  /** Breaks the caller's connection as the provider's broke, after everything that came before has been sent. */
  private breakOff(): void {
    const { caller, callerSocket } = this.parts
    caller.resume()
    callerSocket.end()
    setTimeout(() => caller.terminate(), closeWithinMs).unref()
  }
}
