import type { Failure, StreamFraming, StreamOpening } from '../../providers/index.ts'
import type { Outcome } from '../attempt/outcome.ts'
import type { AnswerHandler } from '../egress/http1/index.ts'
import { describeNetworkError, lacksRoom, redirected } from '../egress/network-error.ts'
import { answerKind } from './answer-kind.ts'
import type { CallOwner } from './call-owner.ts'
import { asErrorAnswer, type CollectedHead, collectFailure } from './collect-failure.ts'
import { OpeningReader, type StreamKind } from './opening-reader.ts'
import { readHead } from './read-head.ts'
import { type Relay, relayOf } from './relay.ts'
import { longestAnswer, tellWhole, unreadable } from './tell-whole.ts'

const nothing = Buffer.alloc(0)
const longestErrorBody = 256 * 1024
/** How long a stream is held back that has sent nothing but preamble: it may still be a failure, but callers are waiting. */
const longestPreambleMs = 5_000

/**
 * - `waiting`: for the head of an answer.
 * - `headed`: the head of a success is here; its kind is not known yet.
 * - `opening`: a stream whose first events may still be an error.
 * - `collecting`: an error's body, or JSON that may be an error.
 * - `translating`: a success that is awaited whole, to be translated.
 * - `relaying`: bytes go to the caller.
 */
type Phase = 'waiting' | 'headed' | 'opening' | 'collecting' | 'translating' | 'relaying' | 'over'

/**
 * One request to a provider and its answer on the way to the caller. First it finds out whether the answer is a failure (by its
 * status, or by what opens a 200 stream). Then it either collects the failure, or relays the answer chunk by chunk at the pace
 * of the slower side.
 */
export class UpstreamCall implements AnswerHandler {
  /** Rejects only where nothing could be sent for want of room on this machine. */
  readonly outcome: Promise<Outcome>
  private readonly owner: CallOwner
  private readonly startedAt = performance.now()
  private finish: (outcome: Outcome | Promise<never>) => void = () => undefined
  private phase: Phase = 'waiting'
  /** Ends the exchange with the provider, even while still connecting; set by whoever sends. */
  hangUp: ((error: Error) => void) | undefined
  private cut: 'upstream' | 'caller' | undefined
  private resume: () => void = () => undefined
  private head: CollectedHead | undefined
  private opening: OpeningReader | undefined
  /** The provider's own framing of its stream; absent: server-sent events, or no stream. */
  private framing: StreamFraming | undefined
  private patience: NodeJS.Timeout | undefined
  private readonly parts: Buffer[] = []
  private partsBytes = 0
  private relay: Relay | undefined
  private failure: Failure | undefined
  private firstByteMs: number | undefined

  constructor(owner: CallOwner) {
    this.owner = owner
    this.outcome = new Promise((resolve) => {
      this.finish = resolve
    })
  }

  /** The caller went away: the provider is told at once, in every phase. */
  abort(): void {
    if (this.phase === 'over') return
    this.cut = 'caller'
    if (this.hangUp === undefined) this.end({})
    else this.hangUp(new Error('the caller went away'))
  }

  /** True while server-sent events pass to the caller uncompressed, so that another event could be added. */
  get passesEvents(): boolean {
    return (
      this.phase === 'relaying' && this.head?.encoding === '' && this.head.contentType.startsWith('text/event-stream')
    )
  }

  onHeaders(status: number, rawHeaders: string[], resume: () => void): void {
    if (this.phase === 'over') return
    const head = readHead(status, rawHeaders, this.owner)
    this.head = head
    this.resume = resume
    this.phase = status >= 300 && status !== 304 ? 'collecting' : 'headed'
  }

  onData(chunk: Buffer): boolean {
    if (this.phase === 'headed') this.readKind(chunk, this.partsBytes + chunk.length === this.head?.length)
    if (this.phase === 'relaying') return this.pass(chunk)
    if (this.phase === 'over') return true
    this.parts.push(chunk)
    this.partsBytes += chunk.length
    if (this.phase === 'opening') return this.readOpening(chunk)
    if (this.phase === 'translating') return this.partsBytes <= longestAnswer || this.endUnreadable()
    if (this.partsBytes > longestErrorBody) return this.judgeCollected()
    return true
  }

  onComplete(): void {
    if (this.phase === 'headed') this.readKind(nothing, true)
    if (this.phase === 'opening') this.judgeOpening((this.opening as OpeningReader).end())
    if (this.phase === 'collecting') this.judgeCollected()
    if (this.phase === 'translating') this.answerTranslated()
    if (this.phase === 'relaying') this.finishRelay()
  }

  onError(error: Error): void {
    if (this.phase === 'over') return
    if (this.owner.res.destroyed) this.cut = 'caller'
    if (this.phase === 'relaying') this.breakRelay()
    else if (this.cut === 'caller') this.end({})
    else if (lacksRoom(error)) this.endUnsent(error)
    // An error's body broke off: its status, and what came of the body, still tell which failure it is.
    else if (this.phase === 'collecting' && (this.head as CollectedHead).status >= 300) this.judgeCollected()
    else this.end({ failure: { class: 'network' }, error: describeNetworkError(error) })
  }

  /**
   * Finds out what kind of success this is, by its first bytes. Until then the caller gets nothing, so that an answer that breaks
   * off behind its head is a failure like any other.
   */
  private readKind(piece: Buffer, isWhole: boolean): void {
    const bytes = this.parts.length === 0 ? piece : Buffer.concat([...this.parts, piece])
    const head = this.head as CollectedHead
    const { way, framing, isJson } = answerKind(head, { bytes, isWhole }, this.owner)
    this.framing = framing
    if (way === 'translated') this.phase = 'translating'
    else if (way === 'collected') this.phase = 'collecting'
    else if (way === 'opened') this.open({ framing, encoding: head.encoding, isJson })
    else if (way === 'relayed') this.beginRelayWithParts()
    else if (way === 'unreadable') this.endUnreadable()
  }

  private open(kind: StreamKind): void {
    this.phase = 'opening'
    this.opening = new OpeningReader(this.owner.provider, kind)
    for (const part of this.parts) this.opening.read(part)
  }

  private readOpening(chunk: Buffer): boolean {
    const opening = (this.opening as OpeningReader).read(chunk)
    if (opening !== 'preamble') return this.judgeOpening(opening)
    this.patience ??= setTimeout(() => this.judgeOpening('content'), longestPreambleMs)
    return true
  }

  private judgeOpening(opening: StreamOpening): boolean {
    clearTimeout(this.patience)
    if (this.phase !== 'opening') return true
    if (typeof opening === 'object') {
      this.failure = opening
      const { answer, isCleaned } = asErrorAnswer(this.head as CollectedHead, this.parts, this.owner.redactor)
      // What tells of the key more than a passing answer loses is an error body like any other.
      if (!this.owner.isFinal(opening) || isCleaned) {
        this.end({ failure: opening, answer })
        this.hangUp?.(new Error('the stream opens with an error'))
        return true
      }
    }
    if (this.isAwaitedWhole()) {
      this.phase = 'translating'
      return true
    }
    return this.beginRelayWithParts()
  }

  /** Whether the translation needs the whole answer: JSON, or events that came compressed although that was not asked for. */
  private isAwaitedWhole(): boolean {
    const { translation } = this.owner
    if (this.opening?.isJson) return translation?.whole !== undefined
    return translation?.stream !== undefined && this.head?.encoding !== ''
  }

  /** The body of a failure is here (or enough of it); a 200 that turns out to be none is relayed. */
  private judgeCollected(): boolean {
    const head = this.head as CollectedHead
    const collected = collectFailure(head, this.parts, this.owner)
    if (collected === undefined) return this.beginRelayWithParts()
    const { failure, answer } = collected
    if (head.status < 400 && head.status >= 300) this.end({ failure, error: redirected() })
    else this.end({ failure, answer })
    if (this.partsBytes > longestErrorBody) this.hangUp?.(new Error('the error body is too long'))
    return true
  }

  private endUnreadable(): true {
    this.end({ failure: { class: 'provider_error' }, error: unreadable() })
    this.hangUp?.(new Error('the answer cannot be read'))
    return true
  }

  /** Answers with the translation. The caller has nothing yet, so an answer that cannot be read is a failure like any other. */
  private answerTranslated(): void {
    const { res } = this.owner
    const head = this.head as CollectedHead
    const told = tellWhole(this.owner, { head, parts: this.parts, isStream: this.opening?.isJson === false })
    if ('failure' in told) {
      this.end(told)
      return
    }
    this.served()
    res.writeHead(head.status, [...told.headers, ...this.owner.ownHeaders(this.failure)])
    const { usage, body } = told
    const found = usage?.end(false)
    const deliveredTokens = usage?.deliveredTokens
    this.end({ usage: found?.usage, job: found?.job, deliveredTokens, bytes: body.length })
    res.end(body)
  }

  private beginRelayWithParts(): boolean {
    this.beginRelay()
    let goOn = true
    for (const part of this.parts) goOn = this.pass(part)
    this.parts.length = 0
    return goOn
  }

  private beginRelay(): void {
    const isStream = this.opening?.isJson === false
    const relay = relayOf(this.owner, {
      head: this.head as CollectedHead,
      framing: this.framing,
      isStream,
      hasFailed: this.failure !== undefined,
      onSpoilt: () => this.spoil(),
    })
    this.relay = relay
    this.phase = 'relaying'
    this.served()
    relay.begin(this.owner.ownHeaders(this.failure))
  }

  private pass(chunk: Buffer): boolean {
    return (this.relay as Relay).pass(chunk, this.resume)
  }

  /** The first byte goes to the caller: no fallback any more. */
  private served(): void {
    this.firstByteMs = performance.now() - this.startedAt
    this.owner.onVerdict(this.failure)
  }

  private finishRelay(): void {
    const relay = this.relay as Relay
    relay.sayRest()
    // The entry first: whoever has read the answer finds it in the books.
    this.settle(relay, () => relay.finish())
  }

  /** After the first byte, a broken answer breaks the caller's connection too, so that nobody takes it for a whole one. */
  private breakRelay(): void {
    this.cut ??= 'upstream'
    const relay = this.relay as Relay
    relay.sayHeld()
    this.settle(relay, () => relay.breakOff(this.cut === 'upstream'))
  }

  /** Ends an answer that cannot go on without giving the key away. */
  private spoil(): void {
    if (this.phase !== 'relaying') return
    this.cut = 'upstream'
    this.hangUp?.(new Error('the answer tells the key'))
  }

  /** Settles with the counts, once all of them are read. */
  private settle(relay: Relay, after: () => void): void {
    const durationMs = performance.now() - this.startedAt
    this.phase = 'over'
    relay.whenRead(this.cut !== undefined, ({ usage, job, deliveredTokens, later, bytes }) => {
      this.end({ usage, job, deliveredTokens, later, durationMs, bytes })
      after()
    })
  }

  private endUnsent(error: Error): void {
    this.phase = 'over'
    clearTimeout(this.patience)
    this.owner.onUnsent()
    this.finish(Promise.reject(describeNetworkError(error)))
  }

  private end(what: Partial<Outcome>): void {
    this.phase = 'over'
    clearTimeout(this.patience)
    if (this.firstByteMs === undefined && this.cut !== 'caller') this.owner.onVerdict(what.failure)
    const outcome: Outcome = {
      relayed: this.firstByteMs !== undefined,
      durationMs: what.durationMs ?? performance.now() - this.startedAt,
      bytes: what.bytes ?? 0,
      status: this.head?.status,
      failure: what.failure ?? this.failure,
      answer: what.answer,
      error: what.error,
      cut: this.cut,
      later: what.later,
      usage: what.usage,
      job: what.job,
      deliveredTokens: what.deliveredTokens,
      firstByteMs: this.firstByteMs,
    }
    this.owner.onEnd(outcome)
    this.finish(outcome)
  }
}
