/** Providers that answer before they have read the request, and callers who write all of it before they read the answer. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { json, type Responder } from '../support/upstream.ts'

/** More than the buffers of all sockets on the way hold. */
const part = Buffer.alloc(1024 * 1024, 'x')
const parts = 32

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney()
  token = (await journey.newOrg()).token
  journey.upstream.on('/v1/models', json({ data: [] }))
})
afterAll(() => journey.close())

interface Caller {
  socket: Socket
  /** Writes, and resolves when the bytes are taken. */
  write(bytes: string | Buffer): Promise<void>
  /** Resolves when so many answers are here, or when the server has ended the connection. */
  answers(count: number): Promise<string>
}

async function call(): Promise<Caller> {
  const { hostname, port } = new URL(journey.ownkey.url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  return {
    socket,
    write: (bytes) =>
      new Promise((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve()))),
    answers: (count) =>
      new Promise((resolve) => {
        const look = () => text.split('HTTP/1.1 ').length > count && resolve(text)
        socket.on('data', (piece) => {
          text += piece.toString('latin1')
          look()
        })
        socket.once('close', () => resolve(text))
      }),
  }
}

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`, ...headers, '', ''].join('\r\n')

async function upload(caller: Caller, framing: 'length' | 'chunks'): Promise<void> {
  const length = part.length * parts
  const framed = framing === 'length' ? `Content-Length: ${length}` : 'Transfer-Encoding: chunked'
  await caller.write(head('POST /openai/v1/files', 'Content-Type: multipart/form-data; boundary=x', framed))
  for (let i = 0; i < parts; i++) {
    if (framing === 'chunks') await caller.write(`${part.length.toString(16)}\r\n`)
    await caller.write(part)
    if (framing === 'chunks') await caller.write('\r\n')
  }
  if (framing === 'chunks') await caller.write('0\r\n\r\n')
}

const early = (status: number): Responder => ({ reads: 'never', answer: json({ id: 'file-1' }, { status }) })

test.each(['length', 'chunks'] as const)(
  'the rest of an upload (%s) that was answered early is taken, and the connection serves the next request',
  async (framing) => {
    const undo = journey.upstream.on('/v1/files', early(200))
    const caller = await call()
    await upload(caller, framing)
    await caller.write(head('GET /openai/v1/models'))
    const text = await caller.answers(2)
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200'])
    caller.socket.destroy()
    undo()
  },
)

test('the rest of an upload that was refused early is taken, so that its caller gets to read the refusal', async () => {
  const undo = journey.upstream.on('/v1/files', early(400))
  const caller = await call()
  await upload(caller, 'length')
  const text = await caller.answers(1)
  expect(text).toMatch(/^HTTP\/1\.1 400 /)
  expect(text).toMatch(/file-1/)
  caller.socket.destroy()
  undo()
})

test('a caller who stops in the middle of an upload that was answered is not waited for', async () => {
  const undo = journey.upstream.on('/v1/files', early(200))
  const caller = await call()
  const gone = new Promise((resolve) => caller.socket.once('close', resolve))
  await caller.write(head('POST /openai/v1/files', `Content-Length: ${part.length * parts}`))
  await caller.write(part)
  expect(await caller.answers(1)).toMatch(/^HTTP\/1\.1 200 /)
  await gone
  undo()
}, 20_000)
