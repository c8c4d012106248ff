import { backslash, KeySearch, newline } from '../lib/index.ts'
import type { Usage, UsageReading } from '../providers/index.ts'
import { JsonTracker } from './json-tracker.ts'

export interface UsageScanner {
  /** The next bytes of the answer, decompressed. They are neither changed nor kept, but for a few. */
  feed(chunk: Buffer): void
  /** The whole answer in one piece. */
  feedWhole(body: Buffer): void
  /**
   * Undefined: the answer told no counts.
   * @param cut the answer did not come to its end; what the cut might have faked is then left out
   */
  end(cut?: boolean): Usage | undefined
}

interface Needle {
  marker: string
  bytes: Buffer
  search: KeySearch
}

/** Prepared once for each reading; there are about twenty of them. */
const prepared = new WeakMap<UsageReading, { needles: readonly Needle[]; longest: number }>()

function prepare(reading: UsageReading) {
  const known = prepared.get(reading)
  if (known) return known
  const needles = reading.markers.map((marker) => ({
    marker,
    bytes: Buffer.from(marker),
    search: new KeySearch(marker),
  }))
  const fresh = { needles, longest: Math.max(...needles.map(({ bytes }) => bytes.length)) }
  prepared.set(reading, fresh)
  return fresh
}

/** Counts longer than this are not read at once. */
const longestCounts = 2048

/**
 * Reads counts from an answer while it passes. It searches the bytes for the reading's markers, which is fast, and follows the JSON
 * only from a marker on, to the end of the document or event. A marker counts if only one or two objects stand around it
 * (and perhaps an array around everything, as in streams of JSON). There providers put their counts; a model's words or a
 * tool's arguments can never stand there.
 */
export function createUsageScanner(reading: UsageReading, kind: 'json' | 'sse'): UsageScanner {
  return new Scanner(reading, kind)
}

class Scanner implements UsageScanner {
  private readonly needles: readonly Needle[]
  /** The end of the chunk before, where a marker may begin; absent until something is kept. */
  private tail: Buffer | undefined
  private tailLength = 0
  private readonly longest: number
  private whole: Usage | undefined
  private readonly reading: UsageReading
  private readonly kind: 'json' | 'sse'
  /** Absent until it is needed: most answers come whole, and end with their counts. */
  private tracker: JsonTracker | undefined

  constructor(reading: UsageReading, kind: 'json' | 'sse') {
    const { needles, longest } = prepare(reading)
    this.reading = reading
    this.kind = kind
    this.needles = needles
    this.longest = longest
  }

  feed(chunk: Buffer): void {
    if (chunk.length === 0) return
    let at = this.isTracking ? this.track().follow(chunk, 0) : this.startAcross(chunk)
    while (at < chunk.length) {
      const found = this.find(chunk, at)
      if (!found) break
      at = this.track().start(found.marker, chunk, found.end)
    }
    this.keepTail(chunk)
  }

  feedWhole(body: Buffer): void {
    if (this.kind === 'json') this.whole = this.readLastField(body)
    if (this.whole === undefined) this.feed(body)
  }

  private get isTracking(): boolean {
    return this.tracker?.active === true
  }

  private track(): JsonTracker {
    this.tracker ??= new JsonTracker(this.reading, this.kind === 'sse')
    return this.tracker
  }

  /**
   * Fast path: most answers end with their counts. The text from the last marker to the end, with one `{` before it, is valid JSON
   * only if the marker is a field of the outermost object. So nothing before it needs to be read.
   */
  private readLastField(body: Buffer): Usage | undefined {
    for (const { marker, bytes } of this.needles) {
      const at = body.lastIndexOf(bytes)
      if (at <= 0 || body.length - at > longestCounts || body[at - 1] === backslash) continue
      try {
        const last = JSON.parse(`{${body.toString('utf8', at)}`) as Record<string, unknown>
        const usage = this.reading.read(marker, last[marker.slice(1, -1)])
        if (Object.keys(usage).length > 0) return usage
      } catch {
        // Something else follows it: the tracker finds out what.
      }
    }
    return undefined
  }

  end(cut = false): Usage | undefined {
    return this.whole ?? this.tracker?.end(cut)
  }

  /** The first marker at or behind `from` that is a whole JSON string: inside a string its quote would be escaped. */
  private find(chunk: Buffer, from: number): { marker: string; end: number } | undefined {
    let first: { marker: string; end: number } | undefined
    let firstAt = chunk.length
    for (const { marker, search } of this.needles) {
      let at = search.indexIn(chunk, from)
      while (at >= 0 && this.isEscaped(chunk, at)) at = search.indexIn(chunk, at + 1)
      if (at >= 0 && at < firstAt) {
        firstAt = at
        first = { marker, end: at + search.length }
      }
    }
    return first
  }

  private isEscaped(chunk: Buffer, at: number): boolean {
    return (at > 0 ? chunk[at - 1] : this.tail?.[this.tailLength - 1]) === backslash
  }

  /** Finds a marker that began in the chunk before. Answers with the place in `chunk` from where to go on. */
  private startAcross(chunk: Buffer): number {
    if (this.tail === undefined || this.tailLength === 0) return 0
    const old = this.tailLength
    const joined = Buffer.concat([this.tail.subarray(0, old), chunk.subarray(0, this.longest)])
    for (const { marker, bytes } of this.needles) {
      for (let at = joined.indexOf(bytes); at >= 0 && at < old; at = joined.indexOf(bytes, at + 1)) {
        const end = at + bytes.length
        if (end > old && joined[at - 1] !== backslash) {
          this.tailLength = 0
          return this.track().start(marker, chunk, end - old)
        }
      }
    }
    return 0
  }

  private keepTail(chunk: Buffer): void {
    // No marker reaches over the end of a line; most events end with one, and then there is nothing to keep.
    if (this.isTracking || chunk[chunk.length - 1] === newline) {
      this.tailLength = 0
      return
    }
    this.tail ??= Buffer.allocUnsafe(this.longest)
    const room = this.longest
    if (chunk.length >= room) {
      chunk.copy(this.tail, 0, chunk.length - room)
      this.tailLength = room
      return
    }
    const kept = Math.min(this.tailLength, room - chunk.length)
    this.tail.copyWithin(0, this.tailLength - kept, this.tailLength)
    chunk.copy(this.tail, kept)
    this.tailLength = kept + chunk.length
  }
}
