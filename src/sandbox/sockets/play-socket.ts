import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Behaviour } from '../behaviour.ts'
import { isObject, type JsonAnswer } from '../call.ts'
import type { Frame, SocketCall, SocketPlay } from './conversation.ts'

const largestMessage = 16 * 1024 * 1024

interface Handshake {
  incoming: IncomingMessage
  socket: Duplex
  rest: Buffer
}

interface SocketPlaying {
  play: SocketPlay
  call: SocketCall
  behaviour: Behaviour
  slowMs: number
}

/** Accepts a connection and plays the provider on it. A `midstream` key breaks off in the middle of its first answer. */
export async function acceptSocket({ incoming, socket, rest }: Handshake, playing: SocketPlaying): Promise<void> {
  if (playing.behaviour === 'slow') await pause(playing.slowMs, undefined, { ref: false })
  if (socket.destroyed) return
  // An offered subprotocol that carries the key is never the one that is chosen.
  const handleProtocols = (offered: Set<string>) => [...offered].find((name) => !name.includes('sandbox')) ?? false
  const server = new WebSocketServer({ noServer: true, maxPayload: largestMessage, handleProtocols })
  server.on('headers', (headers) => headers.push('x-sandbox: true'))
  server.handleUpgrade(incoming, socket, rest, (websocket) => converse(websocket, playing))
}

function converse(websocket: WebSocket, { play, call, behaviour }: SocketPlaying): void {
  const conversation = play.start(call)
  const send = (frame: Frame) => websocket.send(Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
  websocket.on('error', () => {})
  for (const frame of conversation.opening ?? []) send(frame)
  websocket.on('message', (data: Buffer, binary) => {
    const { frames, close } = conversation.take(binary ? data : (parsed(data) ?? data))
    const breaks = behaviour === 'midstream' && frames.length > 1
    for (const frame of breaks ? frames.slice(0, Math.ceil(frames.length / 2)) : frames) send(frame)
    if (breaks) {
      send(play.broken(call))
      websocket.close(1011, 'overloaded (sandbox)')
    } else if (close !== undefined) {
      websocket.close(close)
    }
  })
}

function parsed(data: Buffer) {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Answers a handshake with the provider's error instead. */
export function refuseSocket(socket: Duplex, answer: JsonAnswer): void {
  const body = JSON.stringify(answer.json)
  const headers = { 'content-type': 'application/json', ...answer.headers, connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const status = answer.status ?? 500
  socket.end(
    [`HTTP/1.1 ${status} Refused`, ...lines, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'),
  )
}
