import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { responseHeaders } from '../../contract/index.ts'
import type { ErrorAnswer } from '../answer/collect-failure.ts'
import { closeWithinMs, codeOfStatus, sayEnding } from './close-frames.ts'

/** A WebSocket handshake as Node hands it over. From here on nobody else looks after the socket. */
export interface Arrival {
  req: IncomingMessage
  socket: Socket
  /** Bytes that came behind the handshake. */
  head: Buffer
}

export interface Acceptance {
  protocol: string | undefined
  /** Name, value … */
  headers: readonly string[]
  maxMessageBytes: number
}

/** More than a client may send before it was answered. */
const mostEarlyBytes = 64 * 1024
const keepAliveMs = 30_000

/**
 * The caller's side, from the handshake on: it waits until it is known whether the provider serves, notices when the
 * caller leaves meanwhile, and then is upgraded or refused.
 */
export class CallerSocket {
  readonly req: IncomingMessage
  readonly socket: Socket
  /** Present once the upgrade is answered. */
  websocket: WebSocket | undefined
  private readonly early: Buffer[]
  private earlyBytes: number
  private readonly onGone: () => void

  constructor({ req, socket, head }: Arrival, onGone: () => void) {
    this.req = req
    this.socket = socket
    this.early = [head]
    this.earlyBytes = head.length
    this.onGone = onGone
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, keepAliveMs)
    // Without a reader the end of the connection would not be noticed.
    socket.on('data', this.keep).on('end', this.leave).on('close', onGone).on('error', ignore)
  }

  /** Answers the handshake. @throws Error when the caller is gone */
  accept({ protocol, headers, maxMessageBytes }: Acceptance): WebSocket {
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: maxMessageBytes,
      handleProtocols: () => protocol ?? false,
      // How long to wait for the answer to our close frame. Not in the types of `ws`.
      ...({ closeTimeout: closeWithinMs } as object),
    })
    server.on('headers', (lines) => {
      for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
    })
    this.letGo()
    server.handleUpgrade(this.req, this.socket, Buffer.concat(this.early), (websocket) => {
      this.websocket = websocket
    })
    if (this.websocket === undefined) throw new Error('the caller is gone')
    this.websocket.on('error', ignore).once('close', this.onGone)
    return this.websocket
  }

  /** Answers with an error: as HTTP before the upgrade, as a message and a close frame after it. */
  refuse(answer: ErrorAnswer): void {
    if (this.websocket === undefined) this.refuseUpgrade(answer)
    else {
      const code = headerOf(answer.headers, responseHeaders.error) ?? ''
      this.websocket.send(answer.body, { binary: false })
      sayEnding(this.websocket, { code: codeOfStatus(answer.status), reason: code })
    }
  }

  private refuseUpgrade({ status, headers, body }: ErrorAnswer): void {
    const { socket, req } = this
    if (socket.destroyed) return
    this.letGo()
    socket.on('data', ignore)
    const response = new ServerResponse(req)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.destroySoon())
    response.writeHead(status, headers as never)
    response.end(body)
  }

  private letGo(): void {
    this.socket.off('data', this.keep).off('end', this.leave).off('close', this.onGone)
  }

  /** A caller who half-closes before the answer counts as gone; the other half would stay open for ever. */
  private readonly leave = (): void => void this.socket.destroy()

  private readonly keep = (chunk: Buffer): void => {
    this.early.push(chunk)
    this.earlyBytes += chunk.length
    if (this.earlyBytes > mostEarlyBytes) this.socket.pause()
  }
}

function ignore(): void {}

function headerOf(flat: readonly string[], name: string): string | undefined {
  const at = flat.indexOf(name)
  return at === -1 ? undefined : flat[at + 1]
}
