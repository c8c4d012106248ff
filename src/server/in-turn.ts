import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** The answer that is being written to a connection, or waited for. Node's own field, which is in none of its types. */
export function answerUnderWay(socket: Duplex): ServerResponse | undefined {
  return (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined
}

/**
 * Acts on a connection once the answers to earlier requests on it are out, because a caller may send several requests without
 * waiting. Until then this listens to the connection: Node lets go of one that asks for an upgrade, and then an error would end the
 * process and a drained socket would not wake the earlier answer. Does nothing if the connection is gone.
 */
export function inTurn(socket: Duplex, act: () => void): void {
  hearErrors(socket)
  const before = answerUnderWay(socket)
  if (before?.req.complete) {
    const goOn = socket.listenerCount('drain') === 0 ? () => before.emit('drain') : ignore
    socket.on('drain', goOn)
    before.once('close', () => {
      socket.off('drain', goOn)
      setImmediate(inTurn, socket, act)
    })
  } else if (!socket.destroyed) act()
}

function hearErrors(socket: Duplex): void {
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
}

function ignore(): void {}
