/** WebSocket clients as tests need them: everything that comes is kept, and every way in which a socket can end is told. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'

export interface SocketOptions {
  path: string
  headers?: Record<string, string> | undefined
  protocols?: string[] | undefined
}

export interface Ending {
  code: number
  reason: string
}

export interface OpenSocket {
  websocket: WebSocket
  /** Of the handshake's answer. */
  headers: IncomingHttpHeaders
  received: { data: Buffer; isBinary: boolean }[]
  /** All that came, as text. */
  text(): string
  /** Resolves when that many messages came. */
  messages(count: number): Promise<OpenSocket['received']>
  ended: Promise<Ending>
}

/** What a refused handshake is answered. */
export interface RefusedUpgrade {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers of every dialect pass here
  json(): any
}

/** Opens a socket. Rejects when the handshake is refused. */
export async function open(url: string, options: SocketOptions): Promise<OpenSocket> {
  const tried = await tryToOpen(url, options)
  if ('status' in tried) throw new Error(`refused: ${tried.status} ${tried.text}`)
  return tried
}

/** The answer of a handshake that must be refused. */
export async function refusal(url: string, options: SocketOptions): Promise<RefusedUpgrade> {
  const tried = await tryToOpen(url, options)
  if ('status' in tried) return tried
  tried.websocket.terminate()
  throw new Error('the upgrade was not refused')
}

function tryToOpen(
  url: string,
  { path, headers = {}, protocols = [] }: SocketOptions,
): Promise<OpenSocket | RefusedUpgrade> {
  return new Promise((resolve, reject) => {
    const websocket = new WebSocket(url.replace('http', 'ws') + path, protocols, { headers, perMessageDeflate: true })
    const socket = watch(websocket)
    websocket.once('upgrade', (response) => {
      socket.headers = response.headers
    })
    websocket.once('unexpected-response', (_request, response) => void collect(response).then(resolve, reject))
    websocket.once('open', () => resolve(socket))
    websocket.on('error', reject)
  })
}

async function collect(response: IncomingMessage): Promise<RefusedUpgrade> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString('utf8')
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) }
}

/** Listens to a socket from the start, so that nothing is missed. */
export function watch(websocket: WebSocket): OpenSocket {
  const received: OpenSocket['received'] = []
  const waiting: { count: number; done: () => void }[] = []
  websocket.on('message', (data: Buffer, isBinary) => {
    received.push({ data, isBinary })
    for (const one of waiting) if (received.length >= one.count) one.done()
  })
  const ended = new Promise<Ending>((resolve) => {
    websocket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  return {
    websocket,
    headers: {},
    received,
    text: () => received.map(({ data }) => data.toString('utf8')).join('\n'),
    messages: (count) =>
      new Promise((resolve) => {
        const done = () => resolve(received)
        if (received.length >= count) done()
        else waiting.push({ count, done })
      }),
    ended,
  }
}

export interface Talk extends SocketOptions {
  messages: readonly (object | Buffer)[]
  /** Read until this text comes, or until the socket closes. */
  last: string
}

/** Opens, says everything, reads until the last text comes, and closes. */
export async function talk(
  url: string,
  { messages, last, ...options }: Talk,
): Promise<{ text: string; headers: IncomingHttpHeaders; protocol: string; ending: Ending }> {
  const socket = await open(url, options)
  const { websocket } = socket
  const { protocol } = websocket
  const done = new Promise<void>((resolve) => {
    websocket.on('message', () => {
      if (socket.text().includes(last)) resolve()
    })
  })
  for (const message of messages) websocket.send(Buffer.isBuffer(message) ? message : JSON.stringify(message))
  await Promise.race([done, socket.ended])
  websocket.close(1000)
  return { text: socket.text(), headers: socket.headers, protocol, ending: await socket.ended }
}
