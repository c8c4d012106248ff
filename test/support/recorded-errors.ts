import type { ErrorClass } from '../../src/contract/index.ts'
import recorded from '../../src/providers/fixtures/errors.json' with { type: 'json' }
import { type Answer, json, sse } from './upstream.ts'

/** One recorded or documented failure of a provider; `class` is what Ownkey must call it. */
export interface RecordedError {
  provider: string
  case: string
  status: number
  headers?: Record<string, string | null>
  body: unknown
  in_stream?: boolean
  transport?: 'websocket'
  class: ErrorClass
}

export const recordedErrors = recorded as unknown as readonly RecordedError[]

/** Plays a recorded failure over HTTP, with the headers that were seen with it. */
export function replay({ status, headers = {}, body, in_stream }: RecordedError): Answer {
  const seen = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  if (in_stream) return sse([{ event: 'error', data: body }], { status, headers: seen })
  return json(body, { status, headers: seen })
}
