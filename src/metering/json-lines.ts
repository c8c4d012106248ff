import { closeBracket, openBracket } from '../lib/index.ts'

const startBytes = 32 * 1024
const largestKept = 16 * startBytes
const separator = Buffer.from(',\n')

/** Told of each line that is added. The bytes are valid only until it returns. */
export type HearLine = (bytes: Buffer, from: number, to: number) => void

/**
 * A JSON array that grows line by line, kept as bytes: hundreds of lines wait for the database at any time, and as strings they
 * would fill the old generation of the heap. Lines end with a comma and a newline, which JSON without indentation has nowhere
 * else, so the array can be taken apart again.
 */
export class JsonLines {
  private bytes = Buffer.allocUnsafeSlow(startBytes)
  private end = 1
  count = 0

  constructor() {
    this.bytes[0] = openBracket
  }

  add(json: string, heard?: HearLine): void {
    // No character takes more than three bytes.
    this.makeRoom(json.length * 3 + separator.length)
    const from = this.end
    this.end += this.bytes.write(json, from)
    this.end += separator.copy(this.bytes, this.end)
    this.count++
    heard?.(this.bytes, from, this.end)
  }

  /** All of it as JSON; valid until a line is added or all are cleared. */
  asArray(): Buffer {
    if (this.count === 0) return Buffer.from('[]')
    const array = this.bytes.subarray(0, this.end - 1)
    array[array.length - 1] = closeBracket
    return array
  }

  list(): string[] {
    if (this.count === 0) return []
    return this.bytes.toString('utf8', 1, this.end - separator.length).split(separator.toString())
  }

  clear(): void {
    // Gives back the memory that a burst needed.
    if (this.bytes.length > largestKept) this.bytes = Buffer.allocUnsafeSlow(startBytes)
    this.bytes[0] = openBracket
    this.end = 1
    this.count = 0
  }

  private makeRoom(more: number): void {
    if (this.end + more <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + more))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }
}
