import { type AnswerHead, readAnswerHead } from './answer-head.ts'
import { ChunkedReader } from './chunked-reader.ts'
import { malformed } from './wire-error.ts'

const longestHead = 64 * 1024
/** Most 1xx answers (early hints) before the real one; more would only keep a request waiting. */
const mostInterims = 32
const endOfHead = '\r\n\r\n'
/** CR without LF, or LF without CR, as soon as the byte beside it is there. */
const halfLineEnd = /\r[^\n]|[^\r]\n/
const nothing = Buffer.alloc(0)

/** Reads one answer after another out of what comes on a connection, cut anywhere: first `readHead`, then `readBody`. */
export class AnswerReader {
  /** Of the answer under way, as soon as it is whole. */
  head: AnswerHead | undefined
  /** The body's last byte was read. */
  isOver = false
  /** Bytes came behind the answer's end, which nobody asked for. */
  hasSurplus = false
  private method = ''
  private headBytes: Buffer = nothing
  private interims = 0
  private left = 0
  private chunks: ChunkedReader | undefined

  /** The next answer is one to this method. */
  expect(method: string): void {
    this.method = method
    this.head = undefined
    this.isOver = false
    this.hasSurplus = false
    this.headBytes = nothing
    this.interims = 0
  }

  /** The body ends with the connection. */
  get endsByClose(): boolean {
    return this.head?.framing === 'close'
  }

  /**
   * @param piece in memory that may be used again afterwards
   * @returns what came of the body together with the head; undefined as long as the head is not whole
   * @throws WireError answer_malformed
   */
  readHead(piece: Buffer): Buffer | undefined {
    let searched = Math.max(0, this.headBytes.length - 3)
    let bytes = this.headBytes.length === 0 ? piece : Buffer.concat([this.headBytes, piece])
    for (;;) {
      const end = bytes.indexOf(endOfHead, searched, 'latin1')
      if ((end === -1 ? bytes.length : end) > longestHead) throw malformed('its head is too long')
      if (end === -1) {
        // Refused before the head is whole: a writer who ends lines otherwise never sends the end that we wait for.
        if (halfLineEnd.test(bytes.toString('latin1', searched))) throw malformed('its lines do not end with CRLF')
        this.headBytes = bytes.buffer === piece.buffer ? Buffer.from(bytes) : bytes
        return undefined
      }
      const head = readAnswerHead(bytes.toString('latin1', 0, end), this.method)
      bytes = bytes.subarray(end + endOfHead.length)
      if (head.status >= 200) {
        this.begin(head)
        return bytes
      }
      if (head.status === 101) throw malformed('it changes the protocol, which nobody asked for')
      if (++this.interims > mostInterims) throw malformed('too many interim answers come before it')
      searched = 0
    }
  }

  /**
   * @returns the payload in this piece, in its memory; empty when there is none
   * @throws WireError answer_malformed
   */
  readBody(piece: Buffer): Buffer {
    if (this.chunks !== undefined) return this.readChunks(this.chunks, piece)
    if (this.endsByClose) return piece
    const taken = Math.min(this.left, piece.length)
    this.left -= taken
    if (this.left > 0) return piece
    this.isOver = true
    if (taken === piece.length) return piece
    this.hasSurplus = true
    return piece.subarray(0, taken)
  }

  private begin(head: AnswerHead): void {
    const { framing } = head
    this.head = head
    this.headBytes = nothing
    this.left = typeof framing === 'number' ? framing : 0
    this.chunks = framing === 'chunked' ? new ChunkedReader() : undefined
  }

  private readChunks(chunks: ChunkedReader, piece: Buffer): Buffer {
    const payload = chunks.read(piece)
    this.isOver = chunks.isOver
    this.hasSurplus = chunks.surplus > 0
    return payload
  }
}
