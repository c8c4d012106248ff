import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

export type HeaderPairs = [name: string, value: string][]

/** How an exchange ended: the whole answer was sent; the peer went away first; or this server cut it on purpose. */
export interface Ending {
  how: 'answered' | 'closed_by_peer' | 'cut_by_upstream'
  /** Milliseconds of `performance.now()`. */
  at: number
}

export interface RecordedConnection {
  id: number
  openedAt: number
  /** Absent while it is open. */
  closedAt?: number
  /** How many requests came over it. */
  requests: number
}

/** One request as it came over the wire. */
export interface RecordedRequest {
  /** 0 for the first request of this server. */
  order: number
  connection: RecordedConnection
  method: string
  /** The raw request target, with query. */
  target: string
  /** The target without query. */
  path: string
  /** As received: order, case and repetitions kept. */
  headers: HeaderPairs
  /** The first value of a header, whatever its case. */
  header(name: string): string | undefined
  /** Milliseconds of `performance.now()` when the head was there. */
  at: number
  upgrade: boolean
  /** So far; final once `bodyDone` resolves. */
  bodyBytes: number
  bodySha256: string | undefined
  /** Resolves when the whole body was read; never when the responder does not read it or the peer stops. */
  bodyDone: Promise<void>
  /** The body as far as it came, up to the server's `keepBodyBytes`. */
  body(): Buffer
  json(): unknown
  ending: Ending | undefined
  ended: Promise<Ending>
}

/** What this server saw, in order. */
export interface Journal {
  requests: RecordedRequest[]
  connections: RecordedConnection[]
  /** Resolves with the request of that number (0 = first), now or when it comes. */
  request(order: number): Promise<RecordedRequest>
  /** How many connections are open now. */
  openConnections(): number
  /** Resolves when no connection is open. */
  idle(): Promise<void>
}

/** Inside only: what the server needs besides the journal that tests see. */
export interface JournalWriter {
  journal: Journal
  open(socket: Socket): void
  record(incoming: IncomingMessage, upgrade: boolean): Recording
}

export interface Recording {
  request: RecordedRequest
  /** Starts to read the body into the record. */
  read(): void
  end(how: Ending['how']): void
}

/** @param keepBodyBytes how much of each body is held for `body()`; the count and the hash cover all of it. */
export function openJournal(keepBodyBytes: number): JournalWriter {
  const connections = new WeakMap<Socket, RecordedConnection>()
  const { wake, until } = waitingRoom()
  const journal: Journal = {
    requests: [],
    connections: [],
    request: (order) => until(() => journal.requests[order]),
    openConnections: () => journal.connections.filter((connection) => connection.closedAt === undefined).length,
    idle: async () => {
      await until(() => (journal.openConnections() === 0 ? true : undefined))
    },
  }
  return {
    journal,
    open(socket) {
      const connection: RecordedConnection = {
        id: journal.connections.length,
        openedAt: performance.now(),
        requests: 0,
      }
      connections.set(socket, connection)
      journal.connections.push(connection)
      socket.once('close', () => {
        connection.closedAt = performance.now()
        wake()
      })
    },
    record(incoming, upgrade) {
      const connection = connections.get(incoming.socket) as RecordedConnection
      connection.requests += 1
      const recording = recordRequest({ incoming, upgrade, connection, order: journal.requests.length, keepBodyBytes })
      journal.requests.push(recording.request)
      wake()
      return recording
    },
  }
}

/** Those who wait for something to be in the journal look again whenever it changes. */
function waitingRoom() {
  const waiting: (() => void)[] = []
  const wake = () => {
    for (const look of waiting.splice(0)) look()
  }
  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  return { wake, until }
}

interface RequestFacts {
  incoming: IncomingMessage
  upgrade: boolean
  connection: RecordedConnection
  order: number
  keepBodyBytes: number
}

function recordRequest(facts: RequestFacts): Recording {
  const kept: Buffer[] = []
  const bodyDone = signal()
  const ended = signal<Ending>()
  const request: RecordedRequest = {
    ...headOf(facts),
    at: performance.now(),
    bodyBytes: 0,
    bodySha256: undefined,
    bodyDone: bodyDone.raised,
    body: () => Buffer.concat(kept),
    json: () => JSON.parse(Buffer.concat(kept).toString('utf8')),
    ending: undefined,
    ended: ended.raised,
  }
  const end = (how: Ending['how']) => {
    if (request.ending) return
    request.ending = { how, at: performance.now() }
    ended.raise(request.ending)
  }
  return { request, end, read: () => readInto(request, { ...facts, kept, done: () => bodyDone.raise() }) }
}

function headOf({ incoming, upgrade, connection, order }: RequestFacts) {
  const headers = pairs(incoming.rawHeaders)
  const target = incoming.url ?? ''
  return {
    order,
    connection,
    method: incoming.method ?? '',
    target,
    path: target.split('?')[0] as string,
    headers,
    header: (name: string) => headers.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1],
    upgrade,
  }
}

interface Reading extends RequestFacts {
  kept: Buffer[]
  done(): void
}

function readInto(request: RecordedRequest, { incoming, keepBodyBytes, kept, done }: Reading): void {
  const hash = createHash('sha256')
  incoming.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    const room = keepBodyBytes - Math.min(request.bodyBytes, keepBodyBytes)
    if (room > 0) kept.push(chunk.subarray(0, room))
    request.bodyBytes += chunk.length
  })
  incoming.once('end', () => {
    request.bodySha256 = hash.digest('hex')
    done()
  })
  // An upload that its sender breaks off: the record says so in `ended`.
  incoming.on('error', () => {})
}

function pairs(raw: string[]): HeaderPairs {
  const list: HeaderPairs = []
  for (let index = 0; index < raw.length; index += 2) list.push([raw[index] as string, raw[index + 1] as string])
  return list
}

/** A promise and the function that keeps it: how a test tells the upstream to go on, instead of sleeping. */
export interface Signal<T = void> {
  raised: Promise<T>
  raise(value: T): void
}

export function signal<T = void>(): Signal<T> {
  let raise: (value: T) => void = () => {}
  const raised = new Promise<T>((resolve) => {
    raise = resolve
  })
  return { raised, raise: (value) => raise(value) }
}
