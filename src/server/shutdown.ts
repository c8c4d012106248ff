import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { answerUnderWay } from './in-turn.ts'

export interface DrainOptions {
  server: Server
  /** Every open socket; upgraded ones are no longer known to the HTTP server. */
  sockets: ReadonlySet<Socket>
  /** Requests still open after this long are cut. */
  seconds: number
  /** Says goodbye on what is no request, before it is cut. */
  beforeCut?(): Promise<void>
}

/** So long a connection without a request stays open: one that its caller has sent already is still to be read, and answered. */
const politeMs = 250

/**
 * Stops accepting, lets open requests finish, closes idle connections as they fall idle, and cuts what is left when the time
 * is over. Resolves when no connection is open.
 */
export function drain({ server, sockets, seconds, beforeCut }: DrainOptions): Promise<void> {
  return new Promise((resolve) => {
    let sweep: NodeJS.Timeout
    const close = () => {
      // It closes idle connections, too.
      server.close(() => {
        clearInterval(sweep)
        clearTimeout(cut)
        resolve()
      })
      sweep = setInterval(() => server.closeIdleConnections(), 100)
    }
    const cutAfterGoodbye = async () => {
      await beforeCut?.()
      cutAll(sockets)
    }
    sayLast({ server, sockets })
    setTimeout(close, Math.min(politeMs, seconds * 1000))
    const cut = setTimeout(() => void cutAfterGoodbye(), seconds * 1000)
  })
}

/**
 * Answers that have not begun say that their connection ends with them. Otherwise a caller sends the next request on it while it
 * is closed as idle, and cannot know whether that one was served.
 */
function sayLast({ server, sockets }: Pick<DrainOptions, 'server' | 'sockets'>): void {
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
