import type { EntryBatch } from '../store/index.ts'
import { JsonLines } from './json-lines.ts'

/** Lines of the ledger that are written in one statement: beginnings and ends of entries. */
export class LineBatch {
  /** Batches are numbered in the order in which they are written. */
  number: number
  readonly opened = new JsonLines()
  readonly ended = new JsonLines()
  /** Some line moves balances or quotas. */
  charging = false
  /** Some line ends an entry that may be, or have, a repeat. */
  endsNamed = false
  /** Ends of entries that did not begin in this batch. */
  endedLater = 0
  private calls: (() => void)[] = []

  constructor(number: number) {
    this.number = number
  }

  /** The number of entries with a line in this batch. */
  get size(): number {
    return this.opened.count + this.endedLater
  }

  get lines(): number {
    return this.opened.count + this.ended.count
  }

  whenWritten(call: (() => void) | undefined): void {
    if (call !== undefined) this.calls.push(call)
  }

  noteWritten(): void {
    for (const call of this.calls) call()
  }

  asRows(node: string): EntryBatch {
    const { charging, endsNamed } = this
    return { opened: this.opened.asArray(), ended: this.ended.asArray(), node, charging, endsNamed }
  }

  /** Two smaller batches with the same lines. Beginnings come before ends: an end needs its entry to be written. */
  halves(): LineBatch[] {
    const [opened, ended] = [this.opened.list(), this.ended.list()]
    if (opened.length > 0 && ended.length > 0) return [this.part(opened, []), this.part([], ended)]
    const middle = Math.ceil(this.lines / 2)
    return [
      this.part(opened.slice(0, middle), ended.slice(0, middle)),
      this.part(opened.slice(middle), ended.slice(middle)),
    ]
  }

  /** Empty again, under another number. */
  reuse(number: number): void {
    this.number = number
    this.opened.clear()
    this.ended.clear()
    this.charging = false
    this.endsNamed = false
    this.endedLater = 0
    this.calls = []
  }

  private part(opened: readonly string[], ended: readonly string[]): LineBatch {
    const part = new LineBatch(this.number)
    for (const line of opened) part.opened.add(line)
    for (const line of ended) part.ended.add(line)
    part.endedLater = ended.length
    part.charging = this.charging
    part.endsNamed = this.endsNamed
    return part
  }
}
