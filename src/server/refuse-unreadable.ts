import type { Duplex } from 'node:stream'
import { OwnkeyError } from '../contract/index.ts'
import { answerUnderWay, inTurn } from './in-turn.ts'
import { endWith, type WordRefusal } from './refusal.ts'

/** Why nothing that came could become a request, as Node's parser and its watch over slow heads name it. */
export type Unreadable = NodeJS.ErrnoException & { rawPacket?: Buffer }

const reasons: Readonly<Record<string, () => OwnkeyError>> = {
  HPE_HEADER_OVERFLOW: () => new OwnkeyError('head_too_large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () =>
    new OwnkeyError('body_too_large', {
      detail: 'The extensions of the body’s chunks are too large.',
      fix: 'Send chunks without extensions.',
    }),
  ERR_HTTP_REQUEST_TIMEOUT: headTooLate,
}

export function headTooLate(): OwnkeyError {
  return new OwnkeyError('request_stalled', { detail: 'The request’s head was not complete in time.' })
}

export const malformed = () =>
  new OwnkeyError('request_invalid', {
    detail: 'What was sent is no well-formed HTTP/1.1 request.',
    fix: 'Send requests with an HTTP client, unencrypted or through the proxy that ends TLS.',
  })

/** Connections that are being refused already: the parser reports again with every further piece. */
const refused = new WeakSet<Duplex>()

/** Answers what Node's parser refuses, for which there is no request and no response. Nothing of it is logged. */
export function refuseUnreadable(error: Unreadable, socket: Duplex, word: WordRefusal): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy()
    return
  }
  if (refused.has(socket)) return
  refused.add(socket)
  const reason = (reasons[error.code ?? ''] ?? malformed)()
  inTurn(socket, () => {
    const broken = answerUnderWay(socket)
    // An answer has begun on this connection; nothing else may be written in the middle of it.
    if (broken?.headersSent) endWith(socket)
    else if (socket.writable) endWith(socket, word(broken?.req.url ?? addressIn(error.rawPacket), reason))
  })
}

const requestLine = /(?:^|\n)[A-Z]+ (\/[^\s?#]*)/g

/** Where the unreadable request wanted to go, when its beginning came in the same piece; otherwise ''. */
function addressIn(packet: Buffer | undefined): string {
  return [...(packet?.toString('latin1') ?? '').matchAll(requestLine)].at(-1)?.[1] ?? ''
}
