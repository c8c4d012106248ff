import { parseJson } from '../lib/index.ts'
import { invalidBody } from './invalid.ts'

export { entryOf } from '../lib/index.ts'

export type Json = Record<string, unknown>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as a record, or an empty one: for reading providers' answers tolerantly. */
export function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function countOf(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : 0
}

/** A provider's whole answer. @throws when it is no JSON object: an empty answer must not be made of it */
export function parseAnswer(bytes: Buffer): Json {
  const value: unknown = parseJson(bytes)
  if (!isRecord(value)) throw new TypeError('the answer is not a JSON object')
  return value
}

/** @throws when what every answer of this route has is missing: other JSON with status 200 is none, and not an empty one */
export function mustHave(found: boolean): void {
  if (!found) throw new TypeError('the answer is not one of this route')
}

/** An event of a provider's; an empty record when it is none. */
export function parseRecord(text: string): Json {
  try {
    return recordOf(parseJson(text))
  } catch {
    return {}
  }
}

/** The caller's body, strictly: fields that are null count as absent. @throws request_invalid */
export function parseRequest(body: Buffer): Json {
  let value: unknown
  try {
    value = parseJson(body)
  } catch {
    throw invalidBody('it is not JSON, or nests deeper than 500')
  }
  if (!isRecord(value)) throw invalidBody('it is not a JSON object')
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))
}
