import type { StreamTranslation } from '../../dialect/index.ts'
import { SmallPieces } from '../../lib/index.ts'
import type { StreamFraming } from '../../providers/index.ts'
import type { Outcome } from '../attempt/outcome.ts'
import type { CallerResponse } from '../caller-messages.ts'
import { AnswerUsage } from './answer-usage.ts'
import type { CallOwner } from './call-owner.ts'
import { type CollectedHead, cleanAnswer } from './collect-failure.ts'
import { decodeBody } from './content-codings.ts'
import type { KeyRedactor } from './key-redactor.ts'
import { type LaterErrors, laterErrorsOf } from './later-errors.ts'
import { streamHeaders } from './translated-headers.ts'
import { createUnpacker, type Unpacker } from './unpacker.ts'

/** A compressed answer with the key in it is held back up to this size, so that it can be sent unpacked, without the key. */
const longestWithheld = 256 * 1024

export interface RelayOptions {
  res: CallerResponse
  head: CollectedHead
  redactor: KeyRedactor
  usage: AnswerUsage | undefined
  /** Looks for errors later in the answer; absent: it has opened with one already. */
  errors: LaterErrors | undefined
  /** Translates the events into the caller's dialect; absent: they pass as the provider wrote them. */
  stream: StreamTranslation | undefined
  /** The key stands in the answer and cannot be blanked there: the answer must end here. */
  onSpoilt(): void
}

/** What was read of an answer that was passed on. `bytes`: given to the caller. */
export type ReadAnswer = Pick<Outcome, 'usage' | 'job' | 'deliveredTokens' | 'later' | 'bytes'>

interface Relayed extends Pick<RelayOptions, 'head' | 'onSpoilt'> {
  framing: StreamFraming | undefined
  /** The answer is a stream of events. */
  isStream: boolean
  /** The answer has opened with an error: what comes later adds nothing. */
  hasFailed: boolean
}

/** The relay of an answer for the attempt that owns its call. */
export function relayOf(
  { res, provider, redactor, usage, translation }: CallOwner,
  { head, framing, isStream, hasFailed, onSpoilt }: Relayed,
): Relay {
  return new Relay({
    res,
    head,
    redactor,
    usage: usage && new AnswerUsage(usage, head, framing),
    errors: hasFailed ? undefined : laterErrorsOf(provider, head, framing),
    stream: isStream ? translation?.stream?.() : undefined,
    onSpoilt,
  })
}

/**
 * Passes an answer to the caller at the caller's pace: reads its counts, blanks the key, translates it where needed. The pieces of a
 * compressed answer are unpacked and searched for the key, and then passed on as they came.
 */
export class Relay {
  /** Given to the caller so far. */
  private bytes = 0
  private readonly options: RelayOptions
  /** A body that came in one piece, or the last piece of a compressed one. It goes out at the end, when the entry is settled. */
  private whole: Buffer | undefined
  /** Present for a compressed answer. */
  private readonly unpacker: Unpacker | undefined
  /** Present for an answer in many pieces: gathers small ones, so that they are read together. */
  private readonly unread: SmallPieces | undefined
  private ownHeaders: readonly string[] = []
  /** Bytes of a compressed answer that were searched for the key. */
  private looked = 0
  private key: 'clean' | 'begun' | 'found' = 'clean'
  /** Searched but held back: the key stands in it, or may begin at its end. */
  private withheld: Buffer | undefined
  private isOver = false

  constructor(options: RelayOptions) {
    this.options = options
    if (options.head.length === undefined) this.unread = new SmallPieces((plain) => this.read(plain))
    if (options.head.encoding !== '')
      this.unpacker = createUnpacker(options.head.encoding, (plain) => {
        this.hear(plain)
        if (this.key !== 'found') this.key = options.redactor.look(plain)
      })
  }

  /** Begins the answer. The head of a compressed one waits until its first piece may pass. */
  begin(ownHeaders: readonly string[]): void {
    this.ownHeaders = ownHeaders
    if (this.unpacker === undefined) this.writeHead()
  }

  private writeHead(): void {
    const { res, head, redactor, stream } = this.options
    if (res.headersSent) return
    const passed = stream === undefined ? head.passed : streamHeaders(head.passed)
    res.writeHead(head.status, [...redactor.cleanHeaders(passed), ...this.ownHeaders])
  }

  /** @returns false: wait; `resume` is called when the caller has taken what there is */
  pass(chunk: Buffer, resume: () => void): boolean {
    const { redactor, stream, head, res } = this.options
    if (this.unpacker !== undefined) return this.passPacked(chunk, resume, this.unpacker)
    this.hear(chunk)
    if (chunk.length === head.length && stream === undefined && this.bytes === 0) {
      this.whole = redactor.passWhole(chunk)
      this.bytes = chunk.length
      return true
    }
    const safe = redactor.pass(chunk)
    if (stream !== undefined) return this.say(stream.feed(safe)) || this.wait(resume)
    this.bytes += safe.length
    return res.write(safe) || this.wait(resume)
  }

  /** The answer has ended: writes what its translation still holds. */
  sayRest(): void {
    const { redactor, stream } = this.options
    if (stream !== undefined) this.say(stream.feed(redactor.flush() ?? Buffer.alloc(0)) + stream.end())
  }

  /**
   * Calls back when all that came was read and passed to the caller, with what was found in it.
   * @param isCut the answer did not come to its end
   */
  whenRead(isCut: boolean, then: (read: ReadAnswer) => void): void {
    const { usage, errors } = this.options
    const readRest = () => {
      this.unread?.flush()
      const deliveredTokens = usage?.deliveredTokens
      const found = usage?.end(isCut)
      then({ later: errors?.end(), usage: found?.usage, job: found?.job, deliveredTokens, bytes: this.bytes })
    }
    if (this.unpacker === undefined) readRest()
    else this.unpacker.end(readRest)
  }

  finish(): void {
    const { res, redactor, stream } = this.options
    if (res.destroyed) return
    if (this.withheld !== undefined) {
      this.endWithout(this.withheld)
      return
    }
    this.writeHead()
    res.end(stream === undefined ? (redactor.flush() ?? this.whole) : undefined)
  }

  /** Before an answer breaks off: gives what was held back because it might have been the beginning of the key. */
  sayHeld(): void {
    const { res, redactor, stream } = this.options
    const held = redactor.flush()
    if (held !== undefined) res.write(stream === undefined ? held : stream.feed(held))
  }

  /** @param gently lets what was written go out first, even to a slow caller, before the connection breaks */
  breakOff(gently: boolean): void {
    const { res } = this.options
    this.isOver = true
    if (gently && res.socket !== null) res.socket.destroySoon()
    else res.destroy()
  }

  private hear(plain: Buffer): void {
    if (this.unread === undefined) this.read(plain)
    else this.unread.add(plain)
  }

  private read(plain: Buffer): void {
    this.options.usage?.feed(plain)
    this.options.errors?.feed(plain)
  }

  private passPacked(chunk: Buffer, resume: () => void, unpacker: Unpacker): false {
    this.bytes += chunk.length
    unpacker.write(chunk, () => {
      if (!this.isOver && !this.options.res.destroyed) this.release(chunk, resume)
    })
    return false
  }

  private release(chunk: Buffer, resume: () => void): void {
    const { res, head, onSpoilt } = this.options
    const bytes = this.withheld === undefined ? chunk : Buffer.concat([this.withheld, chunk])
    this.withheld = undefined
    this.looked += chunk.length
    if (this.key !== 'clean') {
      this.withheld = bytes
      this.isOver = this.key === 'found' && (res.headersSent || bytes.length > longestWithheld)
      if (this.isOver) onSpoilt()
      else resume()
      return
    }
    this.writeHead()
    // With the last piece a caller who knows the length has everything, so it is kept until the entry is settled.
    if (this.looked === head.length) this.whole = bytes
    else if (res.write(bytes)) resume()
    else this.wait(resume)
  }

  /** Ends an answer in which the key stands: unpacked and without the key if nothing was sent yet, else by breaking off. */
  private endWithout(withheld: Buffer): void {
    const { res, head, redactor } = this.options
    const plain = res.headersSent ? undefined : decodeBody(withheld, head.encoding)
    if (plain === undefined) {
      res.destroy()
      return
    }
    const { headers, body } = cleanAnswer(head, plain, redactor)
    res.writeHead(head.status, [...headers, ...this.ownHeaders])
    res.end(body)
  }

  private say(text: string): boolean {
    this.bytes += Buffer.byteLength(text)
    return text === '' || this.options.res.write(text)
  }

  private wait(resume: () => void): false {
    const { res } = this.options
    // Pieces gathered before the relay began are written at once; one listener is enough, `resume` is the same for all.
    if (res.listenerCount('drain') === 0) res.once('drain', resume)
    return false
  }
}
