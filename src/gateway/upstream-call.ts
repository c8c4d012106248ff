import type { ServerResponse } from 'node:http'
import { OwnkeyError } from '../contract/index.ts'
import type { AnswerTranslation, StreamTranslation } from '../dialect/index.ts'
import type { Failure, Provider, StreamFraming, StreamOpening, Usage, UsageReading } from '../providers/index.ts'
import type { AnswerHeaderFilter } from './answer-headers.ts'
import { AnswerUsage } from './answer-usage.ts'
import {
  type CollectedHead,
  cleanAnswer,
  collectFailure,
  decodeBody,
  type ErrorAnswer,
  isDecodable,
} from './collect-failure.ts'
import type { AnswerHandler } from './egress.ts'
import type { KeyRedactor } from './key-redactor.ts'
import { OpeningReader } from './opening-reader.ts'
import { longestAnswer, streamHeaders, translateWhole, unreadable, wholeHeaders } from './translate-answer.ts'

const longestErrorBody = 256 * 1024
const shortBody = 16 * 1024
/** A stream that only greets is held back so long: it may still turn out to be a failure, but callers wait for it. */
const longestPreambleMs = 5_000

/** What a call needs from the exchange that it serves. */
export interface CallOptions {
  res: ServerResponse
  provider: Provider
  filter: AnswerHeaderFilter
  redactor: KeyRedactor
  /** How to read counts; absent where the surface does not bill by what the answer says. */
  usage: UsageReading | undefined
  /** How a successful answer is told in the caller's dialect; absent: as the provider wrote it. */
  translation?: AnswerTranslation | undefined
  /** Ownkey's own headers for an answer of this attempt, flat. */
  ownHeaders(failure: Failure | undefined): string[]
  /** True: nothing comes after this attempt if it fails so. */
  isFinal(failure: Failure): boolean
  /** Called once, as soon as it is known whether the provider serves; not for a caller who went away. */
  onVerdict(failure: Failure | undefined): void
  /** Called once, when all is over, before `outcome` resolves. */
  onEnd(outcome: Outcome): void
}

/** How one attempt ended. Times are milliseconds since its start. */
export interface Outcome {
  /** What failed before the first byte, or opened the stream; absent: the provider served. */
  failure?: Failure | undefined
  /** The provider's error answer, redacted; absent when it never answered, or when it was relayed already. */
  answer?: ErrorAnswer | undefined
  /** Ownkey's words for a provider that cannot be reached, is too slow or redirects. */
  error?: OwnkeyError | undefined
  status?: number | undefined
  /** True from the first byte to the caller on: no fallback any more. */
  relayed: boolean
  /** The answer broke off, or the caller went away. */
  cut?: 'upstream' | 'caller' | undefined
  usage?: Usage | undefined
  /** Tokens of the text that a stream delivered, estimated; absent where the answer is none. */
  deliveredTokens?: number | undefined
  firstByteMs?: number | undefined
  durationMs: number
  /** Bytes given to the caller. */
  bytes: number
}

/** `translating`: a success is awaited whole, to be told in the caller's dialect. */
type Phase = 'waiting' | 'opening' | 'collecting' | 'translating' | 'relaying' | 'over'

/**
 * One request to a provider and its answer on the way to the caller: first it is found out whether this is a failure (by
 * status, or by the event that opens a 200 stream); then it is either collected as a failure or relayed, chunk by chunk,
 * at the pace of the slower side.
 */
export class UpstreamCall implements AnswerHandler {
  readonly outcome: Promise<Outcome>
  private readonly options: CallOptions
  private readonly startedAt = performance.now()
  private finish: (outcome: Outcome) => void = () => undefined
  private phase: Phase = 'waiting'
  /** Gives up the connection where it does not stand yet; set by whoever sends. */
  giveUp: (() => void) | undefined
  private abortUpstream: ((error?: Error) => void) | undefined
  private cut: 'upstream' | 'caller' | undefined
  private resume: () => void = () => undefined
  private head: CollectedHead | undefined
  private opening: OpeningReader | undefined
  /** How the answer's stream is framed; absent: it is none, or made of server-sent events. */
  private framing: StreamFraming | undefined
  private patience: NodeJS.Timeout | undefined
  private readonly parts: Buffer[] = []
  private partsBytes = 0
  private usage: AnswerUsage | undefined
  private stream: StreamTranslation | undefined
  private failure: Failure | undefined
  private firstByteMs: number | undefined
  private bytes = 0

  constructor(options: CallOptions) {
    this.options = options
    this.outcome = new Promise((resolve) => {
      this.finish = resolve
    })
  }

  /** The caller went away: the provider is told at once, in every phase. */
  abort(): void {
    if (this.phase === 'over') return
    this.cut = 'caller'
    const abort = this.abortUpstream
    if (abort !== undefined) abort(new Error('the caller went away'))
    else {
      this.end({})
      this.giveUp?.()
    }
  }

  onConnect(abort: (error?: Error) => void): void {
    this.abortUpstream = abort
    if (this.phase === 'over') abort(new Error('the caller went away'))
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    if (status < 200 || this.phase === 'over') return true
    const head = readHead(status, rawHeaders, this.options.filter)
    this.head = head
    this.resume = resume
    const { translation } = this.options
    this.framing = framingOf(this.options.provider, head)
    const isEvents = head.contentType.startsWith('text/event-stream') || this.framing !== undefined
    const isStream = isEvents && isDecodable(head.encoding)
    if (status >= 300 && status !== 304) this.phase = 'collecting'
    else if (translation?.whole !== undefined && !(isStream && head.encoding === '' && translation.stream))
      this.phase = 'translating'
    else if (isStream) {
      this.phase = 'opening'
      this.opening = new OpeningReader(this.options.provider, this.framing)
    } else if (this.options.provider.failsInside200 && head.contentType.includes('json')) this.phase = 'collecting'
    else this.beginRelay()
    return true
  }

  onData(chunk: Buffer): boolean {
    if (this.phase === 'relaying') return this.relay(chunk)
    if (this.phase === 'over') return true
    this.parts.push(chunk)
    this.partsBytes += chunk.length
    if (this.phase === 'opening') return this.readOpening(chunk)
    if (this.phase === 'translating') return this.partsBytes <= longestAnswer || this.giveUpTranslating()
    if (this.partsBytes > longestErrorBody) return this.judgeCollected()
    return true
  }

  onComplete(): void {
    if (this.phase === 'opening') this.judgeOpening((this.opening as OpeningReader).end())
    if (this.phase === 'collecting') this.judgeCollected()
    if (this.phase === 'translating') this.answerTranslated()
    if (this.phase === 'relaying') this.finishRelay()
  }

  onError(error: Error): void {
    if (this.phase === 'over') return
    if (this.options.res.destroyed) this.cut = 'caller'
    if (this.phase === 'relaying') this.breakRelay()
    else if (this.cut === 'caller') this.end({})
    // The body of an error broke off: its status, and what came of it, still tell.
    else if (this.phase === 'collecting') this.judgeCollected()
    else this.end({ failure: { class: 'network' }, error: describeNetworkError(error) })
  }

  private readOpening(chunk: Buffer): boolean {
    const opening = this.isPacked ? this.readPackedOpening() : (this.opening as OpeningReader).read(chunk)
    if (opening !== 'preamble') return this.judgeOpening(opening)
    this.patience ??= setTimeout(() => this.judgeOpening('content'), longestPreambleMs)
    return true
  }

  private get isPacked(): boolean {
    return (this.head as CollectedHead).encoding !== ''
  }

  /** Of a compressed stream all that has come is unpacked again for each piece: an opening is short. */
  private readPackedOpening(): StreamOpening {
    this.opening = new OpeningReader(this.options.provider, this.framing)
    const plain = this.plainParts()
    return plain === undefined ? 'content' : this.opening.read(plain)
  }

  private plainParts(): Buffer | undefined {
    return decodeBody(Buffer.concat(this.parts), (this.head as CollectedHead).encoding)
  }

  private judgeOpening(opening: StreamOpening): boolean {
    clearTimeout(this.patience)
    if (this.phase !== 'opening') return true
    if (typeof opening === 'object') {
      this.failure = opening
      if (!this.options.isFinal(opening)) {
        const plain = this.plainParts() ?? Buffer.alloc(0)
        const answer = cleanAnswer(this.head as CollectedHead, plain, this.options.redactor)
        this.end({ failure: opening, answer })
        this.abortUpstream?.(new Error('the stream opens with an error'))
        return true
      }
    }
    return this.beginRelayWithParts()
  }

  /** The body of a failure is here (or enough of it); a 200 that turns out to be none is relayed. */
  private judgeCollected(): boolean {
    const head = this.head as CollectedHead
    const collected = collectFailure(head, this.parts, {
      provider: this.options.provider,
      redactor: this.options.redactor,
    })
    if (collected === undefined) return this.beginRelayWithParts()
    const { failure, answer } = collected
    if (head.status < 400 && head.status >= 300) this.end({ failure, error: redirected() })
    else this.end({ failure, answer })
    if (this.partsBytes > longestErrorBody) this.abortUpstream?.(new Error('the error body is too long'))
    return true
  }

  private giveUpTranslating(): boolean {
    this.end({ failure: { class: 'provider_error' }, error: unreadable() })
    this.abortUpstream?.(new Error('the answer is too long'))
    return true
  }

  /** Nothing was given to the caller yet: an answer that cannot be read is a failure like any other. */
  private answerTranslated(): void {
    const { res, ownHeaders, provider, redactor, translation, usage } = this.options
    const head = this.head as CollectedHead
    const failed = provider.failsInside200 ? collectFailure(head, this.parts, { provider, redactor }) : undefined
    const answer = translateWhole(translation?.whole, { head, parts: this.parts, redactor })
    if (failed !== undefined) this.end(failed)
    else if (answer instanceof OwnkeyError) this.end({ failure: { class: 'provider_error' }, error: answer })
    else {
      this.firstByteMs = performance.now() - this.startedAt
      this.options.onVerdict(undefined)
      if (usage !== undefined) this.usage = new AnswerUsage(usage, head)
      for (const part of this.parts) this.usage?.feed(part)
      this.bytes = answer.body.length
      const passed = redactor.cleanHeaders(wholeHeaders(head.passed, answer))
      res.writeHead(head.status, [...passed, ...ownHeaders(undefined)])
      this.settleUsage()
      res.end(answer.body)
    }
  }

  private beginRelayWithParts(): boolean {
    this.beginRelay()
    let goOn = true
    for (const part of this.parts) goOn = this.relay(part)
    this.parts.length = 0
    return goOn
  }

  private beginRelay(): void {
    const { res, ownHeaders, usage, redactor } = this.options
    const head = this.head as CollectedHead
    this.phase = 'relaying'
    this.firstByteMs = performance.now() - this.startedAt
    this.options.onVerdict(this.failure)
    if (usage !== undefined) this.usage = new AnswerUsage(usage, head, this.framing)
    if (this.opening !== undefined) this.stream = this.options.translation?.stream?.()
    const passed = this.stream === undefined ? head.passed : streamHeaders(head.passed)
    res.writeHead(head.status, [...redactor.cleanHeaders(passed), ...ownHeaders(this.failure)])
    // A length means that the body follows at once and goes out with the head in one packet; a stream's head must not wait.
    if (head.length === undefined && this.parts.length === 0) res.flushHeaders()
  }

  private relay(chunk: Buffer): boolean {
    this.usage?.feed(chunk)
    const safe = this.options.redactor.pass(chunk)
    if (this.stream !== undefined) return this.say(this.stream.feed(safe))
    this.bytes += safe.length
    // The whole body in one piece: ended together with its head by `finishRelay`.
    if (safe.length === (this.head as CollectedHead).length && this.parts.length === 0) {
      this.parts.push(safe)
      return true
    }
    const { res } = this.options
    if (res.write(safe)) return true
    res.once('drain', this.resume)
    return false
  }

  /** Translated events, at the caller's pace like any others. */
  private say(text: string): boolean {
    const { res } = this.options
    this.bytes += Buffer.byteLength(text)
    if (text === '' || res.write(text)) return true
    res.once('drain', this.resume)
    return false
  }

  private finishRelay(): void {
    const { res, redactor } = this.options
    if (this.stream !== undefined) {
      this.say(this.stream.feed(redactor.flush() ?? Buffer.alloc(0)) + this.stream.end())
      this.settleUsage()
      res.end()
      return
    }
    const rest = redactor.flush() ?? (this.parts.length === 1 ? this.parts[0] : undefined)
    this.settleUsage()
    if (rest === undefined) res.end()
    // As text of single bytes, head and body go out as one piece instead of two.
    else if (rest.length <= shortBody) res.end(rest.toString('latin1'), 'latin1')
    else res.end(rest)
  }

  /** After the first byte there is only one honest end for a broken answer: the caller's connection breaks too. */
  private breakRelay(): void {
    this.cut ??= 'upstream'
    const { res, redactor } = this.options
    const held = redactor.flush()
    if (held !== undefined) res.write(this.stream === undefined ? held : this.stream.feed(held))
    this.settleUsage()
    // What came before the break still goes out, to a slow caller too; the end that is missing tells the rest.
    if (this.cut === 'upstream' && res.socket !== null) res.socket.destroySoon()
    else res.destroy()
  }

  private settleUsage(): void {
    if (this.usage === undefined) {
      this.end({})
      return
    }
    const durationMs = performance.now() - this.startedAt
    this.phase = 'over'
    const { deliveredTokens } = this.usage
    this.usage.end(this.cut !== undefined, (usage) => this.end({ usage, deliveredTokens, durationMs }))
  }

  private end(what: Partial<Outcome>): void {
    this.phase = 'over'
    clearTimeout(this.patience)
    if (this.firstByteMs === undefined && this.cut !== 'caller') this.options.onVerdict(what.failure)
    const outcome: Outcome = {
      relayed: this.firstByteMs !== undefined,
      durationMs: what.durationMs ?? performance.now() - this.startedAt,
      bytes: this.bytes,
      status: this.head?.status,
      failure: what.failure ?? this.failure,
      answer: what.answer,
      error: what.error,
      cut: this.cut,
      usage: what.usage,
      deliveredTokens: what.deliveredTokens,
      firstByteMs: this.firstByteMs,
    }
    this.options.onEnd(outcome)
    this.finish(outcome)
  }
}

export function readHead(status: number, rawHeaders: Buffer[], filter: AnswerHeaderFilter): CollectedHead {
  const head: CollectedHead = { status, contentType: '', encoding: '', length: undefined, passed: [], raw: rawHeaders }
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = filter.passes((rawHeaders[i] as Buffer).toString('latin1'))
    if (name === '') continue
    const value = (rawHeaders[i + 1] as Buffer).toString('latin1')
    if (name === 'content-type') head.contentType = value.toLowerCase()
    else if (name === 'content-length') head.length = Number(value)
    else if (name === 'content-encoding') head.encoding = value.toLowerCase()
    head.passed.push(name, value)
  }
  return head
}

function framingOf({ framing }: Provider, { contentType }: CollectedHead): StreamFraming | undefined {
  return framing !== undefined && contentType.startsWith(framing.contentType) ? framing : undefined
}

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

export function describeNetworkError(error: Error): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const code = 'code' in error ? String(error.code) : 'unknown'
  if (timeouts.has(code)) return new OwnkeyError('upstream_timeout', { facts: { cause: code } })
  return new OwnkeyError('upstream_unreachable', {
    detail: `The provider cannot be reached (${code}).`,
    facts: { cause: code },
  })
}

export function redirected(): OwnkeyError {
  return new OwnkeyError('upstream_unreachable', {
    detail: 'The provider answered with a redirect, which is never followed with a key.',
    fix: 'Correct the base URL to the host that answers itself.',
  })
}
