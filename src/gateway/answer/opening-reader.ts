import type { Provider, StreamFrame, StreamFraming, StreamOpening } from '../../providers/index.ts'
import { decodeBody } from './content-codings.ts'
import { eventEnd, eventOf, readEventBlock } from './event-block.ts'

const longestOpening = 64 * 1024
/** A compressed opening is unpacked from the start again with each chunk; this bounds the bytes unpacked in all. */
const mostUnpacked = 32 * longestOpening

export interface StreamKind {
  /** The provider's own framing; absent: server-sent events, or JSON. */
  framing: StreamFraming | undefined
  /** One JSON text, judged when all of it is here. */
  isJson: boolean
  /** `content-encoding`; '' when the stream is not compressed. */
  encoding: string
}

/**
 * Reads the first events of a 200 stream (server-sent events, or the provider's own frames) until they say whether it is a
 * stream or a failure. Comments, keep-alives and events that come before any content (a provider's "created", "ping") do not
 * decide.
 */
export class OpeningReader {
  private readonly provider: Provider
  private readonly stream: StreamKind
  private readonly packed: Buffer[] = []
  private packedBytes = 0
  private unpackedBytes = 0
  private readFrames: ((chunk: Buffer) => StreamFrame[]) | undefined
  private rest: Buffer = Buffer.alloc(0)
  /** How many bytes of the rest have been searched for the end of their event. */
  private looked = 0
  private bytes = 0

  constructor(provider: Provider, stream: StreamKind) {
    this.provider = provider
    this.stream = stream
    this.readFrames = stream.framing?.reader()
  }

  get isJson(): boolean {
    return this.stream.isJson
  }

  /** What the stream is, once it can be told; `preamble`: not yet. */
  read(chunk: Buffer): StreamOpening {
    return this.stream.encoding === '' ? this.readPlain(chunk) : this.readPacked(chunk)
  }

  /** Unpacks and reads all that has come so far again with each chunk, which is simple, and cheap as long as an opening is short. */
  private readPacked(chunk: Buffer): StreamOpening {
    this.packed.push(chunk)
    this.packedBytes += chunk.length
    // Bounded by the compressed size too: something that unpacks to nothing must not be held back for ever.
    if (this.packedBytes > longestOpening || this.unpackedBytes > mostUnpacked) return 'content'
    const plain = decodeBody(Buffer.concat(this.packed), this.stream.encoding)
    if (plain === undefined) return 'content'
    this.unpackedBytes += plain.length
    this.readFrames = this.stream.framing?.reader()
    this.rest = Buffer.alloc(0)
    this.looked = 0
    this.bytes = 0
    return this.readPlain(plain)
  }

  private readPlain(chunk: Buffer): StreamOpening {
    this.bytes += chunk.length
    const opening = this.readFrames === undefined ? this.readText(chunk) : this.judgeFrames(this.readFrames(chunk))
    if (opening === 'preamble' && this.bytes > longestOpening) return 'content'
    return opening
  }

  private readText(chunk: Buffer): StreamOpening {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    if (!this.stream.isJson) return this.readEvents(bytes)
    this.rest = bytes
    return 'preamble'
  }

  /** Event by event, so that only the events that decide are made into text. */
  private readEvents(bytes: Buffer): StreamOpening {
    let rest = bytes
    let opening: StreamOpening = 'preamble'
    let end = eventEnd(rest, this.looked)
    for (; end !== undefined && opening === 'preamble'; end = eventEnd(rest, 0)) {
      opening = this.readEvent(rest.toString('utf8', 0, end.at))
      rest = rest.subarray(end.next)
    }
    this.rest = rest
    // The empty line that ends an event has up to four bytes, and may be split between two chunks.
    this.looked = Math.max(0, rest.length - 3)
    return opening
  }

  private judgeFrames(frames: readonly StreamFrame[]): StreamOpening {
    for (const { name, text } of frames) {
      const opening = this.provider.readStreamOpening(eventOf(text, name))
      if (opening !== 'preamble') return opening
    }
    return 'preamble'
  }

  /** The stream has ended: judges what came without an empty line behind it. */
  end(): StreamOpening {
    const text = this.rest.toString('utf8')
    return text.trim() === '' ? 'content' : this.readEvent(text)
  }

  private readEvent(block: string): StreamOpening {
    const event = readEventBlock(block)
    return event === undefined ? 'preamble' : this.provider.readStreamOpening(event)
  }
}
