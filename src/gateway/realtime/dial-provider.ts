import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import { OwnkeyError } from '../../contract/index.ts'
import { type Connector, socketTarget } from '../egress/http1/index.ts'
import { closeWithinMs } from './close-frames.ts'
import type { OpenedSocket } from './open-socket-attempt.ts'

export interface Dial {
  opened: OpenedSocket
  connect: Connector
  /** The whole handshake, connecting and a refusal's body included. */
  timeoutMs: number
  maxMessageBytes: number
  signal: AbortSignal
}

/** The provider's side is connected, and paused so that nothing is lost before somebody listens. */
export interface Dialled {
  websocket: WebSocket
  /** The subprotocol that the provider chose; undefined: none. */
  protocol: string | undefined
  rawHeaders: readonly string[]
}

/** An HTTP answer instead of an upgrade. */
export interface Refused {
  status: number
  rawHeaders: readonly string[]
  body: Buffer
}

const longestBody = 256 * 1024

/**
 * Opens a WebSocket to a provider through the same connections as every request: no redirect is followed, no address is
 * unchecked, no extension is offered.
 * @throws Error of the network, OwnkeyError host_not_allowed, upstream_timeout
 */
export function dialProvider(dial: Dial): Promise<Dialled | Refused> {
  const { opened, timeoutMs, signal } = dial
  return new Promise((resolve, reject) => {
    const connection: { socket?: Socket | undefined } = {}
    const websocket = new WebSocket(
      `${opened.origin.replace(/^http/, 'ws')}/`,
      opened.protocols,
      clientOptions(dial, connection),
    )
    const answer: Pick<Dialled, 'protocol' | 'rawHeaders'> = { protocol: undefined, rawHeaders: [] }
    const giveUp = (error: Error) => {
      connection.socket?.destroy()
      websocket.terminate()
      over()
      reject(error)
    }
    const onAbort = () => giveUp(new Error('the caller went away'))
    const timer = setTimeout(() => giveUp(new OwnkeyError('upstream_timeout')), timeoutMs)
    const over = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    websocket.on('error', giveUp)
    websocket.once('upgrade', (response) => Object.assign(answer, readAnswer(response, opened.protocols)))
    websocket.once('open', () => {
      over()
      websocket.off('error', giveUp)
      websocket.pause()
      resolve({ websocket, ...answer })
    })
    websocket.once('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
      collect(response, (refused) => {
        over()
        resolve(refused)
        // Node would leave a keep-alive connection open, and nobody will use it again.
        connection.socket?.destroy()
      })
    })
  })
}

function clientOptions({ opened, connect, maxMessageBytes }: Dial, connection: { socket?: Socket | undefined }) {
  const { origin, path, headers } = opened
  return {
    // A header that stands twice has a list, which the types of `ws` do not allow.
    headers: headerRecord(headers) as Record<string, string>,
    perMessageDeflate: false,
    followRedirects: false,
    autoPong: false,
    maxPayload: maxMessageBytes,
    // How long to wait for the answer to our close frame. Not in the types of `ws`.
    ...({ closeTimeout: closeWithinMs } as object),
    createConnection: ((_options: unknown, done: (error: Error | null, socket?: Socket) => void) => {
      connection.socket = connect(socketTarget(origin), done)
    }) as never,
    // A URL would rewrite characters of the query; the caller's bytes go as they came.
    finishRequest: (request: ClientRequest) => {
      request.path = path
      request.end()
    },
  } satisfies ClientOptions
}

/** A name that stands twice is sent twice. The caller may have sent one that other objects inherit. */
function headerRecord(flat: readonly string[]): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    const value = flat[i + 1] as string
    const known = record[name]
    record[name] = known === undefined ? value : [known, value].flat()
  }
  return record
}

/** `ws` fails if subprotocols were offered and none is answered. Where a provider answers none, the first one is put in for `ws`. */
function readAnswer(response: IncomingMessage, offered: readonly string[]): Pick<Dialled, 'protocol' | 'rawHeaders'> {
  const protocol = response.headers['sec-websocket-protocol']
  if (protocol === undefined && offered[0] !== undefined) response.headers['sec-websocket-protocol'] = offered[0]
  return { protocol, rawHeaders: response.rawHeaders }
}

function collect(response: IncomingMessage, done: (refused: Refused) => void): void {
  const parts: Buffer[] = []
  let bytes = 0
  let finished = false
  const finish = () => {
    if (finished) return
    finished = true
    done({ status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, body: Buffer.concat(parts) })
  }
  response.on('data', (part: Buffer) => {
    parts.push(part)
    bytes += part.length
    if (bytes > longestBody) finish()
  })
  response.on('end', finish).on('error', finish).on('close', finish)
}
