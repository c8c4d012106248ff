import type { ServerResponse } from 'node:http'
import type { StreamTranslation } from '../dialect/index.ts'
import type { AnswerUsage } from './answer-usage.ts'
import type { CollectedHead } from './collect-failure.ts'
import type { KeyRedactor } from './key-redactor.ts'
import { streamHeaders } from './translate-answer.ts'

const shortBody = 16 * 1024

export interface RelayOptions {
  res: ServerResponse
  head: CollectedHead
  redactor: KeyRedactor
  usage: AnswerUsage | undefined
  /** Tells the events in the caller's dialect; absent: as the provider wrote them. */
  stream: StreamTranslation | undefined
}

/** An answer that passes to the caller: read for its counts, its key blanked, translated where asked, at the caller's pace. */
export class Relay {
  /** Given to the caller so far. */
  bytes = 0
  readonly usage: AnswerUsage | undefined
  private readonly options: RelayOptions
  /** The whole body when it came in one piece: it goes out together with the head. */
  private whole: Buffer | undefined

  constructor(options: RelayOptions) {
    this.options = options
    this.usage = options.usage
  }

  /** The body's beginning, or its end, is at hand and goes out with the head. */
  begin(ownHeaders: readonly string[]): void {
    const { res, head, redactor, stream } = this.options
    const passed = stream === undefined ? head.passed : streamHeaders(head.passed)
    res.writeHead(head.status, [...redactor.cleanHeaders(passed), ...ownHeaders])
  }

  /** @returns false: wait; `resume` is called when the caller has taken what there is */
  pass(chunk: Buffer, resume: () => void): boolean {
    const { redactor, stream, head, res } = this.options
    this.usage?.feed(chunk)
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

  finish(): void {
    const { res, redactor, stream } = this.options
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
    if (gently && res.socket !== null) res.socket.destroySoon()
    else res.destroy()
  }

  private say(text: string): boolean {
    this.bytes += Buffer.byteLength(text)
    return text === '' || this.options.res.write(text)
  }

  private wait(resume: () => void): false {
    this.options.res.once('drain', resume)
    return false
  }
}
