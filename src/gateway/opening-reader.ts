import type { Provider, StreamOpening } from '../providers/index.ts'

const longestOpening = 64 * 1024

/**
 * Reads the first events of a 200 event stream until they say whether it is a stream or a failure. Comments, keep-alives and
 * events that come before any content (a provider's "created", "ping") do not decide.
 */
export class OpeningReader {
  private readonly provider: Provider
  private text = ''
  private bytes = 0

  constructor(provider: Provider) {
    this.provider = provider
  }

  /** What the stream is, once it can be told; `preamble` means: hold on. */
  read(chunk: Buffer): StreamOpening {
    this.bytes += chunk.length
    this.text += chunk.toString('utf8')
    let opening: StreamOpening = 'preamble'
    for (let end = eventEnd(this.text); end !== undefined && opening === 'preamble'; end = eventEnd(this.text)) {
      opening = this.readEvent(this.text.slice(0, end.at))
      this.text = this.text.slice(end.next)
    }
    if (opening === 'preamble' && this.bytes > longestOpening) return 'content'
    return opening
  }

  /** The stream ended: what is left without a closing empty line. */
  end(): StreamOpening {
    return this.text.trim() === '' ? 'content' : this.readEvent(this.text)
  }

  private readEvent(block: string): StreamOpening {
    let name: string | undefined
    const data: string[] = []
    for (const line of block.split(/\r\n|\n|\r/)) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      else if (line.startsWith('event:')) name = line.slice(6).trim()
      // A bare JSON line is an error that a provider wrote without the stream's framing.
      else if (line.startsWith('{')) data.push(line)
    }
    if (data.length === 0) return 'preamble'
    const event = { data: parse(data.join('\n')) }
    return this.provider.readStreamOpening(name === undefined ? event : { ...event, name })
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
