import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  openBrace,
  openBracket,
  quote,
  skipSpace,
} from '../../lib/index.ts'
import { readString } from './json-strings.ts'

/** What is longer is neither the key nor a model, and not kept. */
const longestHeld = 1024

/** What stood last at the top level. */
type Place = 'anywhere' | 'behind the key' | 'at the value'

/** Finds the string value of a key at the top level of a JSON object that comes in chunks, holding none of them. */
export class JsonStringScan {
  private readonly key: string
  private depth = 0
  private place: Place = 'anywhere'
  private inString = false
  /** The next byte belongs to an escape that the last chunk began. */
  private escaped = false
  private held: Buffer[] = []
  private heldBytes = 0
  private found: string | undefined

  constructor(key: string) {
    this.key = key
  }

  /** @returns the value, once it is here */
  take(chunk: Buffer): string | undefined {
    let at = 0
    while (at < chunk.length && this.found === undefined) {
      at = this.inString ? this.throughString(chunk, at) : this.toNextString(chunk, at)
    }
    return this.found
  }

  private toNextString(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === quote) {
        this.inString = true
        this.held = []
        this.heldBytes = 0
        return at + 1
      }
      if (byte === colon) this.place = this.place === 'behind the key' ? 'at the value' : 'anywhere'
      else if (skipSpace(chunk, at) === at) {
        this.place = 'anywhere'
        if (byte === openBrace || byte === openBracket) this.depth++
        else if (byte === closeBrace || byte === closeBracket) this.depth--
      }
    }
    return chunk.length
  }

  private throughString(chunk: Buffer, from: number): number {
    const first = this.escaped ? from + 1 : from
    const end = this.endOfString(chunk, first)
    if (this.depth === 1) this.hold(chunk.subarray(from, end === -1 ? chunk.length : end))
    this.escaped = end === -1 && slashesBefore(chunk, chunk.length, first) % 2 === 1
    if (end === -1) return chunk.length
    this.inString = false
    if (this.depth === 1) this.endString()
    return end + 1
  }

  private endOfString(chunk: Buffer, first: number): number {
    let end = chunk.indexOf(quote, first)
    while (end !== -1 && slashesBefore(chunk, end, first) % 2 === 1) end = chunk.indexOf(quote, end + 1)
    return end
  }

  private hold(bytes: Buffer): void {
    this.heldBytes += bytes.length
    if (this.heldBytes <= longestHeld) this.held.push(bytes)
    else this.held = []
  }

  private endString(): void {
    const text =
      this.heldBytes > longestHeld
        ? undefined
        : readString(Buffer.concat(this.held), { start: -1, end: this.heldBytes })
    if (this.place === 'at the value') this.found = text
    this.place = text === this.key ? 'behind the key' : 'anywhere'
  }
}

function slashesBefore(chunk: Buffer, end: number, first: number): number {
  let slashes = 0
  while (end - 1 - slashes >= first && chunk[end - 1 - slashes] === backslash) slashes++
  return slashes
}
