import type { Provider, StreamFrame, StreamFraming, StreamOpening } from '../providers/index.ts'

const longestOpening = 64 * 1024

/**
 * Reads the first events of a 200 stream (server-sent events, or the provider's own frames) until they say whether it is a stream or a failure. Comments, keep-alives and
 * events that come before any content (a provider's "created", "ping") do not decide.
 */
export class OpeningReader {
  private readonly provider: Provider
  private readonly readFrames: ((chunk: Buffer) => StreamFrame[]) | undefined
  private rest: Buffer = Buffer.alloc(0)
  private bytes = 0

  /** @param framing absent: server-sent events */
  constructor(provider: Provider, framing?: StreamFraming | undefined) {
    this.provider = provider
    this.readFrames = framing?.reader()
  }

  /** What the stream is, once it can be told; `preamble` means: hold on. */
  read(chunk: Buffer): StreamOpening {
    this.bytes += chunk.length
    const opening = this.readFrames === undefined ? this.readEvents(chunk) : this.judgeFrames(this.readFrames(chunk))
    if (opening === 'preamble' && this.bytes > longestOpening) return 'content'
    return opening
  }

  /** Event by event, so that of a long piece only what decides is made into text. */
  private readEvents(chunk: Buffer): StreamOpening {
    let rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let opening: StreamOpening = 'preamble'
    for (let end = eventEnd(rest); end !== undefined && opening === 'preamble'; end = eventEnd(rest)) {
      opening = this.readEvent(rest.toString('utf8', 0, end.at))
      rest = rest.subarray(end.next)
    }
    this.rest = rest
    return opening
  }

  private judgeFrames(frames: readonly StreamFrame[]): StreamOpening {
    for (const { name, text } of frames) {
      const opening = this.judge(parse(text), name)
      if (opening !== 'preamble') return opening
    }
    return 'preamble'
  }

  /** The stream ended: what is left without a closing empty line. */
  end(): StreamOpening {
    const text = this.rest.toString('utf8')
    return text.trim() === '' ? 'content' : this.readEvent(text)
  }

  private readEvent(block: string): StreamOpening {
    // JSON without the stream's framing, in one line or in many, is how some providers tell an error.
    if (/^\s*[{[]/.test(block)) return this.judge(parse(block), undefined)
    let name: string | undefined
    const data: string[] = []
    for (const line of block.split(/\r\n|\n|\r/)) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      else if (line.startsWith('event:')) name = line.slice(6).trim()
      // The same behind a comment or an event's name.
      else if (line.startsWith('{')) data.push(line)
    }
    if (data.length === 0) return 'preamble'
    return this.judge(parse(data.join('\n')), name)
  }

  private judge(data: unknown, name: string | undefined): StreamOpening {
    return this.provider.readStreamOpening(name === undefined ? { data } : { data, name })
  }
}

const blankLines = ['\n\n', '\r\n\r\n', '\r\r']

/** Where the first event ends, and where the next one begins. */
function eventEnd(bytes: Buffer): { at: number; next: number } | undefined {
  let first: { at: number; next: number } | undefined
  for (const line of blankLines) {
    const at = bytes.indexOf(line, 0, 'latin1')
    if (at !== -1 && (first === undefined || at < first.at)) first = { at, next: at + line.length }
  }
  return first
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown
  } catch {
    return data
  }
}
