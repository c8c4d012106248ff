import { headEndMark, longestPartHead, namesOf } from './form-fields.ts'

const longestValue = 1024

type Place = 'before a part' | 'in its head' | 'in the value'

/** Finds the value of a field in a multipart form that comes in chunks, holding no more of it than the head of a part. */
export class FormFieldScan {
  private readonly name: string
  private readonly delimiter: Buffer
  private place: Place = 'before a part'
  private rest: Buffer = Buffer.alloc(0)
  private found: string | undefined

  constructor(boundary: string, name: string) {
    this.delimiter = Buffer.from(`--${boundary}`)
    this.name = name
  }

  /** @returns the value, once it is here */
  take(chunk: Buffer): string | undefined {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    while (this.found === undefined && this.step());
    return this.found
  }

  /** @returns false when more bytes are needed */
  private step(): boolean {
    if (this.place === 'before a part') return this.toPart()
    return this.place === 'in its head' ? this.throughHead() : this.throughValue()
  }

  private toPart(): boolean {
    const part = this.rest.indexOf(this.delimiter)
    this.place = part === -1 ? 'before a part' : 'in its head'
    const known = part === -1 ? Math.max(0, this.rest.length - this.delimiter.length + 1) : part + this.delimiter.length
    // Copied, so that a few bytes do not keep the whole chunk.
    this.rest = part === -1 ? Buffer.from(this.rest.subarray(known)) : this.rest.subarray(known)
    return part !== -1
  }

  private throughHead(): boolean {
    const next = this.rest.indexOf(this.delimiter)
    if (next === -1 && this.rest.length <= longestPartHead && !this.rest.includes(headEndMark)) return false
    const end = this.rest
      .subarray(0, next === -1 ? longestPartHead : Math.min(next, longestPartHead))
      .indexOf(headEndMark)
    const isHead = end !== -1
    // What stands in the delimiter's own line is no header.
    const isField = isHead && namesOf(`--${this.rest.toString('latin1', 0, end)}`).includes(this.name)
    this.place = isField ? 'in the value' : 'before a part'
    if (isHead) this.rest = this.rest.subarray(end + headEndMark.length)
    return true
  }

  private throughValue(): boolean {
    const end = this.rest.indexOf(this.delimiter)
    if (end !== -1) this.found = this.rest.toString('utf8', 0, Math.max(0, end - 2))
    else if (this.rest.length <= longestValue) return false
    this.place = 'before a part'
    return true
  }
}
