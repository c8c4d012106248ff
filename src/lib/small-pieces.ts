const bytesInOne = 8 * 1024
/** A piece of this size or more is passed on by itself. */
const large = bytesInOne / 2
const mostSpare = 256
/** Free buffers, shared by all streams, because most streams last only a moment. */
const spare: Buffer[] = []

/**
 * Joins small pieces of a stream before they are passed on, at the latest at `flush`: searching costs more by the piece than by
 * the byte. The buffer that is passed on is used again afterwards.
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
