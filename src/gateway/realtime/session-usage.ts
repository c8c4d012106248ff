import { openBrace, parseJson } from '../../lib/index.ts'
import {
  type Counts,
  type Failure,
  laterUsage,
  type Provider,
  type SocketUsage,
  type Surface,
  type Usage,
} from '../../providers/index.ts'
import type { Message } from './first-message.ts'

/** Greetings and errors are shorter; a longer first message is content. */
const longestError = 64 * 1024
const errorMark = Buffer.from('"error"')

/** Reads a session's messages while they pass: its usage, and the errors in them. Unreadable ones are ignored. */
export class SessionUsage {
  private readonly provider: Provider
  private readonly reading: SocketUsage | undefined
  private readonly markers: readonly Buffer[]
  private told: Usage | undefined
  private characters = 0
  private opened = false
  /** The failure that the provider's first message tells of. */
  failure: Failure | undefined
  /** Told what was counted so far, whenever it is more. */
  onCounted: (usage: Usage) => void = () => undefined
  private readonly learn: (failure: Failure | undefined) => void

  /** @param learn told what the first message says of the key, and every error of a later one */
  constructor(
    provider: Provider,
    reading: SocketUsage | undefined,
    learn: (failure: Failure | undefined) => void = () => undefined,
  ) {
    this.provider = provider
    this.reading = reading
    this.learn = learn
    this.markers = (reading?.markers ?? []).map((marker) => Buffer.from(marker))
  }

  /** True once the provider sent anything but an error. */
  get served(): boolean {
    return this.opened && this.failure === undefined
  }

  fromProvider({ data }: Message): void {
    if (!this.opened) this.readOpening(data)
    else if (data.length <= longestError && data[0] === openBrace && data.includes(errorMark)) this.readLater(data)
    const read = this.reading?.read
    if (read === undefined || data[0] !== openBrace || !this.markers.some((marker) => data.includes(marker))) return
    const usage = read(parse(data))
    if (usage === undefined) return
    this.told = this.reading?.counts === 'each' ? add(this.told, usage) : laterUsage(this.told, usage)
    this.onCounted(this.told)
  }

  fromCaller({ data, isBinary }: Message): void {
    const count = this.reading?.characters
    if (count === undefined || isBinary || data[0] !== openBrace) return
    this.characters += count(parse(data)) ?? 0
    this.onCounted({ ...this.told, characters: this.characters })
  }

  /** What the session counts after so long; what the provider left out is measured here, and then estimated. */
  counts(surface: Surface, durationMs: number): { usage: Usage | undefined; estimated: boolean } {
    const { usage, estimated } = this.counted(surface, durationMs)
    const terms = this.reading?.terms
    return { usage: usage && terms ? { ...usage, terms } : usage, estimated }
  }

  private counted(surface: Surface, durationMs: number): { usage: Usage | undefined; estimated: boolean } {
    const { told } = this
    if (surface.meters === 'characters' && told?.characters === undefined && this.reading?.characters !== undefined)
      return { usage: { ...told, characters: this.characters }, estimated: true }
    if (surface.meters === 'audio' && told?.audioSeconds === undefined)
      return { usage: { ...told, audioSeconds: Math.round(durationMs) / 1000 }, estimated: true }
    return { usage: told, estimated: false }
  }

  private readOpening(data: Buffer): void {
    this.opened = true
    this.failure = this.failureIn(data)
    this.learn(this.failure)
  }

  /** An error in the middle says of the key what it says of it at the beginning; the session was served all the same. */
  private readLater(data: Buffer): void {
    const failure = this.failureIn(data)
    if (failure !== undefined) this.learn(failure)
  }

  private failureIn(data: Buffer): Failure | undefined {
    if (data[0] !== openBrace || data.length > longestError) return undefined
    const opening = this.provider.readStreamOpening({ data: parse(data) })
    return typeof opening === 'object' ? opening : undefined
  }
}

function parse(data: Buffer): unknown {
  try {
    return parseJson(data)
  } catch {
    return undefined
  }
}

function add(one: Usage | undefined, { others, terms, ...counts }: Usage): Usage {
  const sum: Usage = { ...one, ...(terms && { terms }) }
  for (const [name, count] of Object.entries(counts) as [keyof Counts, number | undefined][])
    if (count !== undefined) sum[name] = (sum[name] ?? 0) + count
  return others === undefined ? sum : { ...sum, others: [...(sum.others ?? []), ...others] }
}
