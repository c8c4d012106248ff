import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpServer } from './http-server.ts'
import { answerUnderWay } from './in-turn.ts'

export interface DrainOptions extends HttpServer {
  /** Every open socket; upgraded ones are no longer known to the HTTP server. */
  sockets: ReadonlySet<Socket>
  /** Requests still open after this long are cut. */
  seconds: number
  /** Says goodbye on what is no request, before it is cut. */
  beforeCut?(): Promise<void>
}

/** How long a connection without a request stays open: a request may already be on its way, and is then read and answered. */
const politeMs = 250

/**
 * Stops accepting, lets open requests finish, closes idle connections as they fall idle, and cuts what is left when the time
 * is over. Resolves when no connection is open.
 */
export function drain({ server, plain, sockets, seconds, beforeCut }: DrainOptions): Promise<void> {
  return new Promise((resolve) => {
    let sweep: NodeJS.Timeout
    const close = () => {
      const closeIdle = () => {
        server.closeIdleConnections()
        plain.closeIdle()
      }
      server.close(() => {
        clearInterval(sweep)
        clearTimeout(cut)
        resolve()
      })
      closeIdle()
      sweep = setInterval(closeIdle, 100)
    }
    const cutAfterGoodbye = async () => {
      // Whoever could not be told learns it from the connection's end.
      await beforeCut?.().catch(() => undefined)
      cutAll(sockets)
    }
    sayLast({ server, plain, sockets })
    setTimeout(close, Math.min(politeMs, seconds * 1000))
    const cut = setTimeout(() => void cutAfterGoodbye(), seconds * 1000)
  })
}

/**
 * Makes answers that have not begun say `Connection: close`. Otherwise a caller may send its next request just as the connection is
 * closed as idle, and could not know whether that request was served.
 */
function sayLast({ server, plain, sockets }: Pick<DrainOptions, 'server' | 'plain' | 'sockets'>): void {
  plain.isStopping = true
  for (const socket of sockets) {
    const answer = answerUnderWay(socket)
    if (answer) answer.shouldKeepAlive = false
  }
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false
  })
}

/** The sockets of a server that are open at any moment. */
export function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

function cutAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy()
}
