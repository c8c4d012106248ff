import type { JobReading, ToldJob } from '../providers/index.ts'
import { addPart, hasCounts, type JobPart, partsOf, sizeOf } from './job-parts.ts'
import { JsonWalker } from './json-walker.ts'

/** What an answer told of a job. */
export interface JobTold {
  /** The provider's ids of it. */
  names: readonly string[]
  /** What it has counted so far, by model and terms; empty: the answer did not say. */
  parts: readonly JobPart[]
}

/** A job has one or two; a strange server must not fill the memory. */
const mostNames = 8
const longestName = 256

/** Reads from a passing answer which job it is about and what that has counted. Keeps sums, never lines. */
export class JobScanner {
  private readonly reading: JobReading
  private readonly walker: JsonWalker
  private readonly names = new Set<string>()
  /** Of counts that name none. */
  private model: string | undefined
  /** What each place has told. */
  private readonly sums: JobPart[][]
  /** The answer is about no job. */
  private isOver = false

  constructor(reading: JobReading, name?: string | undefined) {
    this.reading = reading
    this.sums = reading.places.map(() => [])
    if (name !== undefined) this.names.add(name)
    this.walker = new JsonWalker(reading.places, (place, fields, isWhole) => this.hear(place, fields, isWhole))
  }

  /** The next bytes of the answer, decompressed; they are not kept. */
  feed(plain: Buffer): void {
    this.walker.feed(plain)
  }

  /** Undefined: the answer is about no job. */
  end(): JobTold | undefined {
    if (this.isOver || this.names.size === 0) return undefined
    const parts = this.sums.reduce((most, one) => (sizeOf(one) > sizeOf(most) ? one : most))
    const { model } = this
    return { names: [...this.names], parts: parts.map((part) => ({ ...part, model: part.model ?? model })) }
  }

  private hear(index: number, fields: Record<string, unknown>, isWhole: boolean): void {
    const place = this.reading.places[index]
    const told = place?.read(fields)
    if (told === 'no job') {
      this.isOver = true
      this.walker.stop()
    } else if (isWhole && told !== undefined && place !== undefined) this.note(index, place.counts, told)
  }

  private note(index: number, counts: 'each' | 'last', { names = [], model, usage }: ToldJob): void {
    for (const name of names) if (name.length <= longestName && this.names.size < mostNames) this.names.add(name)
    if (usage === undefined) this.model ??= model
    if (usage === undefined || !hasCounts(usage)) return
    if (counts === 'last') this.sums[index] = []
    for (const part of partsOf(model, usage)) addPart(this.sums[index] as JobPart[], part)
  }
}
