import { describe, expect, it } from 'vitest'
import { findProvider } from './catalogue.ts'
import { type RecordedError, recordedErrors } from './fixtures/recorded-errors.ts'
import { parseBody } from './parse-answer.ts'
import type { Failure, Provider, StreamOpening } from './provider.ts'

/** Google's other APIs have no entry of their own: their bodies are read as Vertex's. */
function providerOf(id: string): Provider {
  const found = findProvider(id === 'google-cloud-api' ? 'vertex' : id)
  if (!found) throw new Error(`no provider ${id}`)
  return found
}

function read(recorded: RecordedError): StreamOpening | Failure | undefined {
  const provider = providerOf(recorded.provider)
  if (recorded.transport === 'websocket') return provider.readClose?.(recorded.status, String(recorded.body))
  if (recorded.in_stream) return provider.readStreamOpening({ name: 'error', data: recorded.body })
  const headers = Object.fromEntries(
    Object.entries(recorded.headers ?? {}).map(([name, value]) => [name, value ?? undefined]),
  )
  return provider.readFailure({
    status: recorded.status,
    headers,
    body: parseBody(JSON.stringify(recorded.body), 'application/json'),
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
