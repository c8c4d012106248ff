import type { Provider, StreamFrame, StreamFraming, StreamOpening } from '../providers/index.ts'

const longestOpening = 64 * 1024

/**
 * Reads the first events of a 200 stream (server-sent events, or the provider's own frames) until they say whether it is a stream or a failure. Comments, keep-alives and
 * events that come before any content (a provider's "created", "ping") do not decide.
 */
export class OpeningReader {
  private readonly provider: Provider
  private readonly readFrames: ((chunk: Buffer) => StreamFrame[]) | undefined
  private text = ''
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

  private readEvents(chunk: Buffer): StreamOpening {
    this.text += chunk.toString('utf8')
    let opening: StreamOpening = 'preamble'
    for (let end = eventEnd(this.text); end !== undefined && opening === 'preamble'; end = eventEnd(this.text)) {
      opening = this.readEvent(this.text.slice(0, end.at))
      this.text = this.text.slice(end.next)
    }
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
    return this.text.trim() === '' ? 'content' : this.readEvent(this.text)
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

function eventEnd(text: string): { at: number; next: number } | undefined {
  const match = /\r\n\r\n|\n\n|\r\r/.exec(text)
  return match === null ? undefined : { at: match.index, next: match.index + match[0].length }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown
  } catch {
    return data
  }
}
