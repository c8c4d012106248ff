import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** By connection: the responses that have waited behind an earlier one, and are not over. */
const waiting = new WeakMap<Socket, Set<ServerResponse>>()

/**
 * A caller may send several requests without waiting, and Node gives the connection to one response at a time. The others are told
 * nothing when the connection ends, so here they are: their requests would go on for nobody, and count as open for ever. Node 24
 * tells them right after the connection's own end, so they are told here once it has had the time, and each only once.
 */
export function hearEnd({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.socket !== null) return
  const known = waiting.get(socket)
  const responses = known ?? new Set<ServerResponse>()
  responses.add(response)
  response.once('close', () => responses.delete(response))
  if (known !== undefined) return
  waiting.set(socket, responses)
  socket.once('close', () => setImmediate(tellEach, responses))
}

function tellEach(responses: ReadonlySet<ServerResponse>): void {
  for (const one of responses) {
    // Its turn has come, so Node tells it.
    if (one.socket !== null) continue
    one.destroy()
    one.emit('close')
  }
}
