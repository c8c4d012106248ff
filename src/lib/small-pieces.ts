const bytesInOne = 8 * 1024
/** A piece of this size or more is told as it is. */
const large = bytesInOne / 2
const mostSpare = 256
/** Places that nobody gathers in; shared by all, because most of what passes does so in a moment. */
const spare: Buffer[] = []

/**
 * Puts small pieces of something that passes together before they are told, at the latest by `flush`: to look for something
 * costs by the piece more than by the byte. What is told is in memory that is used again afterwards.
 */
export class SmallPieces {
  private place: Buffer | undefined
  private length = 0
  private readonly tell: (bytes: Buffer) => void

  constructor(tell: (bytes: Buffer) => void) {
    this.tell = tell
  }

  /** The piece is neither changed nor kept. */
  add(piece: Buffer): void {
    if (this.length + piece.length > bytesInOne) this.flush()
    if (piece.length >= large && this.length === 0) {
      this.tell(piece)
      return
    }
    this.place ??= spare.pop() ?? Buffer.allocUnsafeSlow(bytesInOne)
    this.length += piece.copy(this.place, this.length)
  }

  flush(): void {
    const { place, length } = this
    if (place === undefined) return
    this.place = undefined
    this.length = 0
    this.tell(place.subarray(0, length))
    if (spare.length < mostSpare) spare.push(place)
  }
}
