/** Requests exactly as they are written, and answers exactly as they come: what `fetch` would tidy up stays. */
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import type { HeaderPairs } from './upstream.ts'

export interface RawRequest {
  method?: string
  /** The request target, byte for byte. */
  path: string
  headers?: HeaderPairs | Readonly<Record<string, string>>
  body?: string | Uint8Array
}

export interface RawAnswer {
  status: number
  headers: HeaderPairs
  /** The first value of a header, whatever its case. */
  header(name: string): string | undefined
  body: Buffer
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers of every dialect pass here
  json(): any
  /** The connection broke before the answer was over. */
  broken: boolean
}

/** One request on a connection of its own. */
export async function rawCall(url: string, options: RawRequest): Promise<RawAnswer> {
  return readAnswer(await openCall(url, options))
}

/** Resolves with the answer's head; its body is for the caller to read. Rejects when no answer comes. */
export function openCall(
  url: string,
  { method = 'GET', path, headers = {}, body }: RawRequest,
): Promise<IncomingMessage> {
  const pairs = Array.isArray(headers) ? headers : (Object.entries(headers) as HeaderPairs)
  const { hostname, port } = new URL(url)
  const flat = [...pairs.flat(), ...(body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))])]
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method, path, agent: false, headers: ['host', `${hostname}:${port}`, ...flat] as never },
      resolve,
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

export async function readAnswer(incoming: IncomingMessage): Promise<RawAnswer> {
  const parts: Buffer[] = []
  const broken = await new Promise<boolean>((resolve) => {
    incoming.on('data', (part) => parts.push(part))
    incoming.once('end', () => resolve(!incoming.complete))
    incoming.once('error', () => resolve(true))
    incoming.once('close', () => resolve(!incoming.complete))
  })
  const headers: HeaderPairs = []
  for (let i = 0; i < incoming.rawHeaders.length; i += 2)
    headers.push([incoming.rawHeaders[i] as string, incoming.rawHeaders[i + 1] as string])
  const body = Buffer.concat(parts)
  return {
    status: incoming.statusCode ?? 0,
    headers,
    header: (name) => headers.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1],
    body,
    text: body.toString('utf8'),
    json: () => JSON.parse(body.toString('utf8')),
    broken,
  }
}

/** Writes bytes on a new connection and gives everything that comes back until it closes. @param ends says that no more follows */
export function rawSocket(url: string, bytes: string | Uint8Array, ends = false): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => (ends ? socket.end(bytes) : socket.write(bytes)))
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('latin1')
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}
