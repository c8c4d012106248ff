import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Behaviour } from './behaviour.ts'
import type { Answer, StreamAnswer } from './call.ts'

export interface Pace {
  /** Before the first byte for a `slow` key, in milliseconds. */
  slowMs: number
  /** Between the pieces of a stream, in milliseconds. */
  pieceMs: number
}

interface Playing {
  response: ServerResponse
  behaviour: Behaviour
  /** The route breaks off for a `midstream` key. */
  breaks: boolean
  pace: Pace
}

/** Pause before breaking off: some clients lose an event that arrives together with the end of the connection. */
const toBeReadMs = 100

/** Puts an answer on the wire as the key's behaviour says. Ends early, without an error, when the peer goes away. */
export async function playAnswer(answer: Answer, playing: Playing): Promise<void> {
  const { response, behaviour, breaks, pace } = playing
  if (behaviour === 'slow') await untilGone(response, pace.slowMs)
  if (response.destroyed) return
  const broken = behaviour === 'midstream' && breaks
  if ('pieces' in answer) return playStream(answer, { ...playing, broken })
  const body = 'bytes' in answer ? answer.bytes : Buffer.from(JSON.stringify(marked(answer.json, broken)))
  const type = 'bytes' in answer ? {} : { 'content-type': 'application/json' }
  response.writeHead(answer.status ?? 200, { ...type, 'content-length': String(body.length), ...answer.headers })
  if (!broken) return void response.end(body)
  await write(response, body.subarray(0, Math.ceil(body.length / 2)))
  response.destroy()
}

async function playStream(answer: StreamAnswer, { response, pace, broken }: Playing & { broken: boolean }) {
  response.writeHead(answer.status ?? 200, { 'cache-control': 'no-cache', ...answer.headers })
  const pieces = broken ? answer.pieces.slice(0, Math.ceil(answer.pieces.length / 2)) : answer.pieces
  for (const [index, piece] of pieces.entries()) {
    if (index > 0 && pace.pieceMs > 0) await untilGone(response, pace.pieceMs)
    if (response.destroyed) return
    await write(response, piece)
  }
  if (!broken) return void response.end()
  if (answer.broken) {
    await write(response, answer.broken)
    await untilGone(response, toBeReadMs)
  }
  response.destroy()
}

function write(response: ServerResponse, bytes: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.write(bytes, () => resolve())
  })
}

/** Waits, but no longer than the peer does. */
async function untilGone(response: ServerResponse, milliseconds: number): Promise<void> {
  const gone = new AbortController()
  const stop = () => gone.abort()
  response.once('close', stop)
  await pause(milliseconds, undefined, { signal: gone.signal, ref: false }).catch(() => {})
  response.off('close', stop)
}

/** Every JSON answer says sandbox, and in its first half when only that is sent; one that does not gets a field that does. */
function marked(value: unknown, broken: boolean): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const text = JSON.stringify(value)
  const sent = broken ? text.slice(0, text.length / 2) : text
  return sent.includes('sandbox') ? value : { sandbox: true, ...value }
}
