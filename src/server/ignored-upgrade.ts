import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * True for an offer of a protocol that is not spoken here, such as `Upgrade: h2c` of Java's and .NET's clients. A server may
 * answer such a request as if the offer were not there (RFC 9110, 7.8).
 */
export function isIgnoredUpgrade({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const offered = (headers.upgrade ?? '').toLowerCase().split(',')
  return !offered.some((protocol) => protocol.trim().split('/')[0] === 'websocket')
}

interface Released {
  socket: Duplex
  /** What came behind the head. */
  rest: Buffer
}

/**
 * Gives a request whose upgrade is ignored back to the server as an ordinary one, with all that follows it on its connection.
 * Node has let go of the socket by then and would never read the body; so the head is written again, without the offer.
 */
export function takeAsOrdinary(
  request: IncomingMessage,
  { socket, rest }: Released,
  take: (socket: Duplex) => void,
): void {
  // Set behind the answer before, when Node had no request in hand; nobody would lift it.
  if (socket instanceof Socket) socket.setTimeout(0)
  socket.unshift(Buffer.concat([headWithoutOffer(request), rest]))
  take(socket)
}

const ofTheOffer: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const value = rawHeaders[i + 1] as string
    const lower = name.toLowerCase()
    if (ofTheOffer.has(lower)) continue
    const kept = lower === 'connection' ? withoutOffer(value) : value
    if (kept !== undefined) lines.push(`${name}: ${kept}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function withoutOffer(connection: string): string | undefined {
  const kept = connection.split(',').filter((option) => !ofTheOffer.has(option.trim().toLowerCase()))
  return kept.length === 0 ? undefined : kept.join(',').trim()
}
