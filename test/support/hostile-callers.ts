/** Callers and providers that mean harm, for the test and the bench of what everybody else notices of them. */
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { bytes, json, type Step, script, type Upstream } from './upstream.ts'
import { head, until, write } from './upstream-answers.ts'

export interface Attacked {
  url: string
  /** An access token that may use `openai`. */
  token: string
}

export interface Attack {
  name: string
  /** Where the provider plays its part in it. */
  asks?: string
  /** Resolves when it is under way; the answer ends it. */
  start(attacked: Attacked): Promise<() => void>
}

const bombBytes = 64 * 1024 * 1024
/** 64 MB of one letter in 64 KB. */
const bomb = gzipSync(
  Buffer.concat([Buffer.from('{"id":"'), Buffer.alloc(bombBytes, 'x'), Buffer.from('","usage":{"total_tokens":1}}')]),
)
const deep = '['.repeat(900_000)
const event = `data: {"choices":[{"delta":{"content":"${'x'.repeat(200)}"}}]}\n\n`

/** Makes an upstream answer `/v1/<name>` in a hostile way, and everything else as a provider does. */
export function actHostile(upstream: Upstream): void {
  const stream = head(200, { 'content-type': 'text/event-stream' })
  const endless =
    (text: string, pauseMs: number): Step =>
    async (exchange) => {
      const { request, response } = exchange
      while (!response.destroyed && !request.ending) {
        await write(text)(exchange)
        if (pauseMs > 0) await until(wait(pauseMs))(exchange)
      }
    }
  upstream.on(
    /./,
    json({ id: 'polite', choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }),
  )
  upstream.on('/v1/endless', script(stream, endless(event, 20)))
  upstream.on('/v1/flood', script(stream, endless(event.repeat(100), 0)))
  upstream.on('/v1/line', script(stream, write('data: '), endless('x'.repeat(16 * 1024), 1)))
  upstream.on('/v1/bomb', bytes(bomb, { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }))
}

export const attacks: readonly Attack[] = [
  { name: '5 000 idle connections', start: (attacked) => hold(attacked, { callers: 5_000, bytes: '' }) },
  { name: '200 heads that come a byte at a time', start: (attacked) => drip(attacked, 200) },
  {
    name: '20 bodies without an end',
    start: (attacked) =>
      repeat(attacked, 20, (socket) =>
        pour(socket, `${post(attacked, '/openai/v1/chat/completions', 'Transfer-Encoding: chunked')}`),
      ),
  },
  ...['/openai/v1/chat/completions', '/v1/chat/completions', '/api/v1/tokens'].map((path) => ({
    name: `10 callers whose bodies to ${path} are 900 000 lists deep`,
    start: (attacked: Attacked) =>
      repeat(attacked, 10, sends(attacked, path, Buffer.from(`{"model":"m","messages":${deep}`))),
  })),
  {
    name: '10 callers whose bodies are unpacked a thousand times larger',
    start: (attacked) => repeat(attacked, 10, sends(attacked, '/v1/chat/completions', bomb, 'Content-Encoding: gzip')),
  },
  {
    name: '10 answers that are unpacked a thousand times larger',
    asks: '/v1/bomb',
    start: (attacked) => repeat(attacked, 10, sends(attacked, '/openai/v1/bomb', Buffer.from('{"model":"m"}'))),
  },
  {
    name: '100 event streams without an end',
    asks: '/v1/endless',
    start: (attacked) => hold(attacked, { callers: 100, bytes: request(attacked, '/openai/v1/endless') }),
  },
  {
    name: '20 floods of events that nobody reads',
    asks: '/v1/flood',
    start: (attacked) => hold(attacked, { callers: 20, bytes: request(attacked, '/openai/v1/flood'), reads: false }),
  },
  {
    name: '10 events that are one line without an end',
    asks: '/v1/line',
    start: (attacked) => hold(attacked, { callers: 10, bytes: request(attacked, '/openai/v1/line') }),
  },
]

function post({ token }: Attacked, path: string, header: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${header}\r\n\r\n`
}

function request(attacked: Attacked, path: string): string {
  const body = '{"model":"m","stream":true,"messages":[]}'
  return post(attacked, path, `Content-Length: ${body.length}`) + body
}

async function open({ url }: Attacked): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), gone(socket)])
  return socket
}

/** Resolves when it is closed, in whatever way. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())))
}

interface Holding {
  callers: number
  /** What each sends first. */
  bytes: string
  reads?: boolean
}

async function hold(attacked: Attacked, { callers, bytes: first, reads = true }: Holding): Promise<() => void> {
  const sockets: Socket[] = []
  while (sockets.length < callers) {
    const some = Math.min(100, callers - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => open(attacked)))))
  }
  for (const socket of sockets) {
    if (reads) socket.resume()
    if (first !== '') socket.write(first)
  }
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

async function drip(attacked: Attacked, callers: number): Promise<() => void> {
  const sockets = await Promise.all(Array.from({ length: callers }, () => open(attacked)))
  for (const socket of sockets) socket.resume().write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x')
  }, 250)
  return () => {
    clearInterval(timer)
    for (const socket of sockets) socket.destroy()
  }
}

/**
 * So many callers, each of whom begins anew half a second after it was answered or cut off: what a hostile request costs is to be
 * seen, not how many requests of any kind a machine can take.
 */
async function repeat(
  attacked: Attacked,
  callers: number,
  turn: (socket: Socket) => Promise<void>,
): Promise<() => void> {
  const sockets = new Set<Socket>()
  let ended = false
  const loop = async () => {
    while (!ended) {
      const socket = await open(attacked)
      sockets.add(socket)
      await turn(socket)
      socket.destroy()
      await wait(500)
      sockets.delete(socket)
    }
  }
  for (let caller = 0; caller < callers; caller++) void loop()
  return () => {
    ended = true
    for (const socket of sockets) socket.destroy()
  }
}

const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`

/** Writes the same chunk as fast as it is taken, until it is cut off. */
async function pour(socket: Socket, first: string): Promise<void> {
  const closed = gone(socket)
  const more = () => {
    while (socket.writable && socket.write(chunk));
  }
  socket.resume().on('drain', more)
  socket.write(first)
  more()
  await closed
}

/** Sends one request and reads what comes until the server has nothing more to say. */
function sends(attacked: Attacked, path: string, body: Buffer, header = 'X-Nothing: 1') {
  return async (socket: Socket): Promise<void> => {
    const closed = gone(socket)
    socket.resume()
    socket.write(post(attacked, path, `${header}\r\nConnection: close\r\nContent-Length: ${body.length}`))
    socket.write(body)
    await closed
  }
}
