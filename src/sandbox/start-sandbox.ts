import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { behaviourOf, isFailing, isSandboxKey } from './behaviour.ts'
import { type Answer, type Call, Problem, type Route } from './call.ts'
import { type FailureBody, fillIn } from './failures/failure.ts'
import { problemBody } from './failures/problems.ts'
import { type Pace, playAnswer } from './play-answer.ts'
import { drainBody, readJson } from './read-body.ts'
import { readForm } from './read-form.ts'
import { type Vendor, vendorOf } from './vendors.ts'

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
  let requests = 0
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    requests += 1
    response.on('error', () => {})
    const visit: Visit = {
      incoming,
      response,
      pace: { slowMs, pieceMs },
      requestId: `sandbox-${requests.toString(36).padStart(8, '0')}`,
    }
    // Whatever goes wrong here is the peer going away in the middle of its request.
    serve(visit).catch(() => response.destroy())
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

interface Visit {
  incoming: IncomingMessage
  response: ServerResponse
  pace: Pace
  requestId: string
}

async function serve({ incoming, response, pace, requestId }: Visit): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://sandbox')
  const [, provider = '', rest = '/'] = /^\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? []
  const vendor = vendorOf(provider)
  const method = incoming.method ?? 'GET'
  const found = vendor.routes.find((route) => route.method === method && route.path.test(rest))
  const place: Place = { vendor, path: rest, query: url.searchParams, requestId, tail: '' }
  const { call, answer } = await answerTo(incoming, { place, provider, method, found })
  if (!incoming.readableEnded) await drainBody(incoming).catch(() => 0)
  const headers = { ...vendor.headers(requestId), 'x-sandbox': 'true', ...answer.headers }
  const breaks = (found?.breaks ?? method !== 'GET') && (answer.status ?? 200) < 300
  await playAnswer({ ...answer, headers }, { response, behaviour: call?.behaviour ?? 'ok', breaks, pace })
}

interface Place {
  vendor: Vendor
  path: string
  query: URLSearchParams
  requestId: string
  /** The key's last four characters. */
  tail: string
}

interface Asked {
  place: Place
  provider: string
  method: string
  found: Route | undefined
}

async function answerTo(incoming: IncomingMessage, asked: Asked): Promise<{ call?: Call; answer: Answer }> {
  const { place, provider, method, found } = asked
  const { vendor, path, query, requestId } = place
  let call: Call | undefined
  try {
    const key = vendor.readCredential({ path, query, headers: incoming.headers })
    place.tail = key.slice(-4)
    const behaviour = isSandboxKey(key) ? behaviourOf(key) : 'invalid'
    call = {
      provider,
      method,
      path,
      query,
      headers: incoming.headers,
      behaviour,
      requestId,
      parts: found?.path.exec(path)?.groups ?? {},
      overloaded: failed(vendor.failures.down, place).json,
      json: () => readJson(incoming),
      form: () => readForm(incoming),
      drain: () => drainBody(incoming),
    }
    if (isFailing(behaviour)) return { call, answer: failed(vendor.failures[behaviour], place) }
    if (!found) throw new Problem('route_not_found', `${method} ${path}`)
    return { call, answer: await found.answer(call) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const answer = failed(problemBody(vendor.dialect, error.kind, error.subject), place)
    return call ? { call, answer } : { answer }
  }
}

function failed(failure: FailureBody, { vendor, path, query, requestId, tail }: Place) {
  const words = { requestId, tail, permission: vendor.permission(path) }
  const body = fillIn(failure.body, words)
  const json = vendor.wrapsErrors?.({ path, query }) ? [body] : body
  return { status: failure.status, headers: fillIn(failure.headers ?? {}, words), json }
}
