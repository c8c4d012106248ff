import type { IncomingMessage } from 'node:http'
import { isObject, type JsonObject, Problem } from './call.ts'

/** Inline images and audio travel in JSON, so this is what the largest provider allows. */
const largestJson = 50 * 1024 * 1024

/** @throws Problem `bad_json`, `body_too_large` */
export async function readJson(incoming: IncomingMessage): Promise<JsonObject> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > largestJson) parts.length = 0
    else parts.push(part)
  }
  if (bytes > largestJson) throw new Problem('body_too_large')
  try {
    const value: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
    if (isObject(value)) return value
  } catch {
    // The parser's message carries its input; the problem does not.
  }
  throw new Problem('bad_json')
}

/** Reads to the end and drops it. @returns the bytes */
export async function drainBody(incoming: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const part of incoming as AsyncIterable<Buffer>) bytes += part.length
  return bytes
}
