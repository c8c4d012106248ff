import { describe, expect, it } from 'vitest'
import type { ErrorClass } from '../contract/index.ts'
import { findProvider } from './catalogue.ts'
import type { Failure } from './failure.ts'
import recorded from './fixtures/errors.json' with { type: 'json' }
import { parseBody } from './parse-answer.ts'
import type { Provider } from './provider.ts'
import type { StreamOpening } from './stream-opening.ts'

/** One recorded or documented failure; `class` is what Ownkey must call it. */
interface RecordedError {
  provider: string
  case: string
  status: number
  headers?: Record<string, string | null>
  body: unknown
  in_stream?: boolean
  transport?: 'websocket'
  class: ErrorClass
}

const recordedErrors = recorded as unknown as readonly RecordedError[]

/** Google's other APIs have no entry of their own: their bodies are read as Vertex's. */
function providerOf(id: string): Provider {
  const found = findProvider(id === 'google-cloud-api' ? 'vertex' : id)
  if (!found) throw new Error(`no provider ${id}`)
  return found
}

function read(error: RecordedError): StreamOpening | Failure | undefined {
  const provider = providerOf(error.provider)
  if (error.transport === 'websocket') return provider.readClose?.(error.status, String(error.body))
  if (error.in_stream) return provider.readStreamOpening({ name: 'error', data: error.body })
  const headers = Object.fromEntries(
    Object.entries(error.headers ?? {}).map(([name, value]) => [name, value ?? undefined]),
  )
  return provider.readFailure({
    status: error.status,
    headers,
    body: parseBody(JSON.stringify(error.body), 'application/json'),
  })
}

describe('the recorded errors', () => {
  it('are all there', () => {
    expect(recordedErrors).toHaveLength(95)
  })

  it.each(
    recordedErrors.map((recorded, index) => [`${index} ${recorded.provider} ${recorded.case}`, recorded] as const),
  )('%s is read as its class', (_name, recorded) => {
    expect(read(recorded)).toMatchObject({ class: recorded.class })
  })

  it.each(
    recordedErrors.filter((recorded) => !recorded.transport).map((recorded, index) => [index, recorded] as const),
  )('%i never yields a code that is a text, nor one that holds a key', (_index, recorded) => {
    const failure = read(recorded)
    const code = typeof failure === 'object' ? failure.code : undefined
    if (code !== undefined) expect(code).toMatch(/^[A-Za-z][\w.+-]{1,63}$/)
  })
})
