import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { findProvider } from '../providers/index.ts'
import { answerCall, failureAnswer, type Place, placeOf, problemAnswer, readBehaviour } from './answer-call.ts'
import { isFailing } from './behaviour.ts'
import { Problem } from './call.ts'
import { type Pace, playAnswer } from './play-answer.ts'
import { drainBody } from './read-body.ts'
import { acceptSocket, refuseSocket, socketPlayOf } from './sockets/index.ts'

export type SandboxOptions = Partial<Pace>

export interface Sandbox {
  /** `http://127.0.0.1:port`; requests go to `/{provider}/<rest>` there. */
  origin(provider: string): string
  /** The origin with the provider's path: what an SDK takes for that provider's address. */
  baseUrl(provider: string): string
  close(): Promise<void>
}

/** Starts the server on loopback that plays every provider for sandbox keys. It calls nobody and keeps nothing. */
export async function startSandbox({ slowMs = 3000, pieceMs = 8 }: SandboxOptions = {}): Promise<Sandbox> {
  const sockets = new Set<Socket>()
  // Every worker has a sandbox, and the next start another: what one calls its first job is none of the others'.
  const life = randomBytes(4).toString('hex')
  let requests = 0
  const place = (incoming: IncomingMessage) => {
    requests += 1
    // No piece of any sandbox key: those are taken out of errors.
    return placeOf(incoming, `sandbox_${life}${requests.toString(36).padStart(6, '0')}`)
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    response.on('error', () => {})
    serve({ incoming, response, place: place(incoming) }, { slowMs, pieceMs }).catch(() => giveUp(response))
  })
  server.on('upgrade', (incoming, socket, rest) => {
    socket.on('error', () => {})
    upgrade({ incoming, socket, rest, place: place(incoming) }, slowMs).catch(() => socket.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: () => origin,
    baseUrl: (provider) => `${origin}/${provider}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The peer went away in the middle of its request, or sent what the sandbox cannot play: nested too deeply, say. */
function giveUp(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  response.writeHead(500, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ error: { message: 'The sandbox cannot play this request. (sandbox)', code: null } }))
}

interface Visit {
  incoming: IncomingMessage
  response: ServerResponse
  place: Place
}

async function serve({ incoming, response, place }: Visit, pace: Pace): Promise<void> {
  const { vendor, method, path, requestId } = place
  const asked = method === 'HEAD' ? 'GET' : method
  const found = vendor.routes.find(
    (route) =>
      route.method === asked && route.path.test(path) && (route.behindAnyPath !== true || isOffered(place, asked)),
  )
  const { behaviour, answer } = await answerCall(incoming, place, found)
  if (!incoming.readableEnded) await drainBody(incoming).catch(() => 0)
  const headers = { ...vendor.headers(requestId), 'x-sandbox': 'true', ...answer.headers }
  const breaks = (found?.breaks ?? asked !== 'GET') && (answer.status ?? 200) < 300
  await playAnswer({ ...answer, headers }, { response, behaviour, breaks, pace })
}

/** A base URL with a piece too much or too little must not work here and fail at the provider. */
function isOffered({ provider, path }: Place, asked: string): boolean {
  const surfaces = findProvider(provider)?.surfaces
  return surfaces?.some(({ method = asked, path: known }) => method === asked && known.test(path)) ?? true
}

interface Upgrade {
  incoming: IncomingMessage
  socket: Parameters<typeof refuseSocket>[0]
  rest: Buffer
  place: Place
}

async function upgrade({ incoming, socket, rest, place }: Upgrade, slowMs: number): Promise<void> {
  const { provider, vendor, path, query, requestId } = place
  const refuse = (answer: ReturnType<typeof failureAnswer>) =>
    refuseSocket(socket, {
      ...answer,
      headers: { ...vendor.headers(requestId), 'x-sandbox': 'true', ...answer.headers },
    })
  try {
    const behaviour = readBehaviour(incoming, place)
    if (isFailing(behaviour)) return refuse(failureAnswer(vendor.failures[behaviour], place))
    const play = socketPlayOf(provider, path)
    if (!play) throw new Problem('route_not_found', path)
    const overloaded = failureAnswer(vendor.failures.down, place).json
    const call = { provider, path, query, requestId, overloaded }
    await acceptSocket({ incoming, socket, rest }, { play, call, behaviour, slowMs })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    refuse(problemAnswer(error, place))
  }
}
