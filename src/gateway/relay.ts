import type { ServerResponse } from 'node:http'
import type { StreamTranslation } from '../dialect/index.ts'
import { SmallPieces } from '../lib/index.ts'
import type { AnswerUsage } from './answer-usage.ts'
import { type CollectedHead, cleanAnswer } from './collect-failure.ts'
import { decodeBody } from './content-codings.ts'
import type { KeyRedactor } from './key-redactor.ts'
import type { LaterErrors } from './later-errors.ts'
import { streamHeaders } from './translated-headers.ts'
import { createUnpacker, type Unpacker } from './unpacker.ts'

const shortBody = 16 * 1024
/** So much of a compressed answer that tells the key is waited for, to tell it without. */
const longestWithheld = 256 * 1024

export interface RelayOptions {
  res: ServerResponse
  head: CollectedHead
  redactor: KeyRedactor
  usage: AnswerUsage | undefined
  /** Absent: what the answer tells later does not matter. */
  errors: LaterErrors | undefined
  /** Tells the events in the caller's dialect; absent: as the provider wrote them. */
  stream: StreamTranslation | undefined
  /** The answer tells the key, and cannot be blanked: it must end here. */
  onSpoilt(): void
}

/**
 * An answer that passes to the caller: read for its counts, its key blanked, translated where asked, at the caller's pace. A
 * compressed one passes as it is, each piece when it has been unpacked and looked through.
 */
export class Relay {
  /** Given to the caller so far. */
  bytes = 0
  readonly usage: AnswerUsage | undefined
  readonly errors: LaterErrors | undefined
  private readonly options: RelayOptions
  /** The body when it came in one piece, of a compressed one the last piece: it goes out at the end. */
  private whole: Buffer | undefined
  /** Of a compressed answer. */
  private readonly unpacker: Unpacker | undefined
  /** What was passed and not yet read, of an answer that comes in many pieces. */
  private readonly unread: SmallPieces | undefined
  private ownHeaders: readonly string[] = []
  /** Bytes of it that were looked through. */
  private looked = 0
  private key: 'clean' | 'begun' | 'found' = 'clean'
  /** What was looked through and not given: it tells the key, or ends where it may begin to. */
  private withheld: Buffer | undefined
  private isOver = false

  constructor(options: RelayOptions) {
    this.options = options
    this.usage = options.usage
    this.errors = options.errors
    if (options.head.length === undefined) this.unread = new SmallPieces((plain) => this.read(plain))
    if (options.head.encoding !== '')
      this.unpacker = createUnpacker(options.head.encoding, (plain) => {
        this.hear(plain)
        if (this.key !== 'found') this.key = options.redactor.look(plain)
      })
  }

  /** The body's beginning, or its end, is at hand and goes out with the head. */
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

  /** What the end of the answer still brings, where it is translated. */
  sayRest(): void {
    const { redactor, stream } = this.options
    if (stream !== undefined) this.say(stream.feed(redactor.flush() ?? Buffer.alloc(0)) + stream.end())
  }

  /** Calls back when all that came was read for its counts, and given to the caller. */
  whenRead(then: () => void): void {
    const readRest = () => {
      this.unread?.flush()
      then()
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
    const rest = stream === undefined ? (redactor.flush() ?? this.whole) : undefined
    if (rest !== undefined && rest.length <= shortBody) {
      // As text of single bytes, head and body are one piece; let go before the end, which would make it two again.
      res.write(rest.toString('latin1'), 'latin1')
      res.socket?.uncork()
      res.end()
    } else res.end(rest)
  }

  /** What was held back because it could have been the beginning of a key, before the answer breaks off. */
  sayHeld(): void {
    const { res, redactor, stream } = this.options
    if (this.whole !== undefined) res.write(this.whole)
    const held = redactor.flush()
    if (held !== undefined) res.write(stream === undefined ? held : stream.feed(held))
  }

  /** @param gently what came before the break still goes out, to a slow caller too; the end that is missing tells the rest */
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
    this.usage?.feed(plain)
    this.errors?.feed(plain)
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
    // The last one is the end for a caller who knows the length: it goes out when the entry is settled.
    if (this.looked === head.length) this.whole = bytes
    else if (res.write(bytes)) resume()
    else this.wait(resume)
  }

  /** An answer of which nothing was given yet goes out unpacked, without the key; there is no honest end for another one. */
  private endWithout(withheld: Buffer): void {
    const { res, head, redactor } = this.options
    const plain = res.headersSent ? undefined : decodeBody(withheld, head.encoding)
    if (plain === undefined) {
      res.destroy()
      return
    }
    const { headers, body } = cleanAnswer(head, plain, redactor)
    res.writeHead(head.status, [...headers, ...this.ownHeaders]).end(body)
  }

  private say(text: string): boolean {
    this.bytes += Buffer.byteLength(text)
    return text === '' || this.options.res.write(text)
  }

  private wait(resume: () => void): false {
    const { res } = this.options
    // What was gathered before the relay began goes out in many pieces at once; `resume` is the same for all of them.
    if (res.listenerCount('drain') === 0) res.once('drain', resume)
    return false
  }
}
