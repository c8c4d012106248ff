/** Keeps the last bytes of a stream, up to a fixed number, in one buffer. */
export class LastBytes {
  private readonly ring: Buffer
  private total = 0

  constructor(most: number) {
    this.ring = Buffer.allocUnsafe(most)
  }

  /** Whether `read` gives all that was added. */
  get isAll(): boolean {
    return this.total <= this.ring.length
  }

  add(bytes: Buffer): void {
    const { length } = this.ring
    const last = bytes.length > length ? bytes.subarray(bytes.length - length) : bytes
    const at = (this.total + bytes.length - last.length) % length
    const fitting = last.copy(this.ring, at)
    if (fitting < last.length) last.copy(this.ring, 0, fitting)
    this.total += bytes.length
  }

  read(): Buffer {
    const at = this.total % this.ring.length
    if (this.isAll) return Buffer.from(this.ring.subarray(0, this.total))
    return Buffer.concat([this.ring.subarray(at), this.ring.subarray(0, at)])
  }
}
