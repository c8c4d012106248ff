/** A value that is taken out of passing bytes; it may begin in one chunk and end in a later one. */
export class ValueParts {
  /** Where it began, or goes on, in the present chunk; -1: no value is being taken. */
  private from = -1
  private parts: Buffer[] = []
  /** Bytes of the parts, also of those that were dropped because the value is too long. */
  private length = 0
  private readonly longest: number

  constructor(longest: number) {
    this.longest = longest
  }

  begin(at: number): void {
    this.from = at
  }

  /** The next chunk has come; it is read from here on. */
  goOnAt(at: number): void {
    if (this.from >= 0) this.from = at
  }

  /** Copies what is still needed of the chunk, which belongs to somebody else from now on. */
  keep(chunk: Buffer): void {
    if (this.from < 0) return
    if (this.length <= this.longest) this.parts.push(Buffer.from(chunk.subarray(this.from)))
    else this.parts = []
    this.length += chunk.length - this.from
    this.from = 0
  }

  /** The value, which ends here. @returns undefined when it is too long to be what is looked for */
  take(chunk: Buffer, end: number): Buffer | undefined {
    const last = chunk.subarray(this.from, end)
    const bytes = this.parts.length > 0 ? Buffer.concat([...this.parts, last]) : last
    const isTooLong = this.length > this.longest
    this.drop()
    return isTooLong ? undefined : bytes
  }

  drop(): void {
    this.from = -1
    this.parts = []
    this.length = 0
  }
}
