import { carriageReturn, newline } from '../../../lib/index.ts'
import { malformed } from './wire-error.ts'

/** The extension of a chunk, or all trailers; nobody needs them, and an endless one is an attack. */
const longestAside = 16 * 1024
const longestDigits = 12

/** Where in the framing the next byte stands; one of `at`. */
type Place = number
const at = {
  firstDigit: 0,
  digits: 1,
  extension: 2,
  sizeEnd: 3,
  dataReturn: 4,
  dataEnd: 5,
  trailerStart: 6,
  trailer: 7,
  trailerEnd: 8,
  lastEnd: 9,
  data: 10,
  over: 11,
}

/** What is counted on the way. */
interface Counts {
  /** Bytes of the chunk that are still to come. */
  left: number
  digits: number
  /** Bytes beside the payload since this chunk's size. */
  aside: number
}

/** By place: reads one byte of the framing, and returns the place of the next one. */
const steps: readonly ((counts: Counts, byte: number) => Place)[] = [
  (counts, byte) => {
    const digit = hexValue(byte)
    if (digit === -1) throw malformed('a chunk has no size')
    counts.left = digit
    counts.digits = 1
    counts.aside = 0
    return at.digits
  },
  (counts, byte) => {
    const digit = hexValue(byte)
    if (digit === -1) return afterDigits(counts, byte)
    counts.left = counts.left * 16 + digit
    if (++counts.digits > longestDigits) throw malformed('a chunk is too long')
    return at.digits
  },
  (counts, byte) => aside(counts, byte, { here: at.extension, end: at.sizeEnd }),
  ({ left }, byte) => exactly(byte, newline, left === 0 ? at.trailerStart : at.data),
  (_, byte) => exactly(byte, carriageReturn, at.dataEnd),
  (_, byte) => exactly(byte, newline, at.firstDigit),
  (counts, byte) =>
    byte === carriageReturn ? at.lastEnd : aside(counts, byte, { here: at.trailer, end: at.trailerEnd }),
  (counts, byte) => aside(counts, byte, { here: at.trailer, end: at.trailerEnd }),
  (_, byte) => exactly(byte, newline, at.trailerStart),
  (_, byte) => exactly(byte, newline, at.over),
]

/**
 * Takes the framing out of a chunked body (RFC 9112, 7.1). The payload of one piece comes back as one piece, moved together in
 * place, so that fifty events that were read together are passed on together.
 */
export class ChunkedReader {
  private place: Place = at.firstDigit
  private readonly counts: Counts = { left: 0, digits: 0, aside: 0 }
  /** Bytes of the last piece that come after the end of the body. */
  surplus = 0

  get isOver(): boolean {
    return this.place === at.over
  }

  /**
   * @returns the payload, in the memory of `bytes`; empty when there is none
   * @throws WireError answer_malformed
   */
  read(bytes: Buffer): Buffer {
    let start = 0
    let end = 0
    for (let i = 0; i < bytes.length; ) {
      if (this.place === at.data) {
        const length = Math.min(this.counts.left, bytes.length - i)
        if (end === 0) start = end = i
        else if (end < i) bytes.copyWithin(end, i, i + length)
        end += length
        i += length
        this.counts.left -= length
        if (this.counts.left === 0) this.place = at.dataReturn
      } else if (this.place === at.over) {
        this.surplus = bytes.length - i
        break
      } else this.place = (steps[this.place] as (typeof steps)[0])(this.counts, bytes[i++] as number)
    }
    return bytes.subarray(start, end)
  }
}

function afterDigits(counts: Counts, byte: number): Place {
  if (byte === carriageReturn) return at.sizeEnd
  if (byte === 0x3b || byte === 0x20 || byte === 0x09)
    return aside(counts, byte, { here: at.extension, end: at.sizeEnd })
  throw malformed('a chunk has no proper size')
}

/** Over an extension or a trailer, to the end of its line. */
function aside(counts: Counts, byte: number, { here, end }: { here: Place; end: Place }): Place {
  if (byte === newline || ++counts.aside > longestAside) throw malformed('what stands beside its chunks is refused')
  return byte === carriageReturn ? end : here
}

function exactly(byte: number, wanted: number, next: Place): Place {
  if (byte !== wanted) throw malformed('a chunk does not end where it should')
  return next
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
