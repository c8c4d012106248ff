import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export interface DrainOptions {
  server: Server
  /** Every open socket; upgraded ones are no longer known to the HTTP server. */
  sockets: ReadonlySet<Socket>
  /** Requests still open after this long are cut. */
  seconds: number
  /** Says goodbye on what is no request, before it is cut. */
  beforeCut?(): Promise<void>
}

/**
 * Stops accepting, lets open requests finish, closes idle connections as they fall idle, and cuts what is left when the time
 * is over. Resolves when no connection is open.
 */
export function drain({ server, sockets, seconds, beforeCut }: DrainOptions): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 100)
    const cutAfterGoodbye = async () => {
      await beforeCut?.()
      cutAll(sockets)
    }
    const cut = setTimeout(() => void cutAfterGoodbye(), seconds * 1000)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
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
