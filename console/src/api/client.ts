import { forgetSession, sessionToken } from '../session/session-store.ts'
import { ProblemError } from './problem-error.ts'

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  query?: Record<string, string | number | undefined>
  body?: unknown
  accept?: string
  signal?: AbortSignal
}

/** Calls the control API as the signed-in person. Rejects with a ProblemError; a 401 ends the session on this page. */
export async function call<Answer>(path: string, options: Call = {}): Promise<Answer> {
  const response = await send(path, options)
  if (response.status === 204) return undefined as Answer
  return (await response.json()) as Answer
}

/** The same as text, for CSV. */
export async function callForText(path: string, options: Call): Promise<string> {
  return (await send(path, options)).text()
}

async function send(path: string, { method = 'GET', query, body, accept = 'application/json', signal }: Call) {
  const headers: Record<string, string> = { accept }
  const token = sessionToken()
  if (token) headers['authorization'] = `Bearer ${token}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(`/api/v1${path}${search(query)}`, {
    method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new ProblemError({ status: 0, code: 'offline', detail: '', fix: '' })
  })
  if (response.ok) return response
  if (response.status === 401 && token) forgetSession('expired')
  throw await problemOf(response)
}

function search(query: Call['query'] = {}): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  )
  return parts.length ? `?${parts.join('&')}` : ''
}

async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => undefined)
  const said = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const text = (name: string) => (typeof said[name] === 'string' ? said[name] : '')
  return new ProblemError({
    ...said,
    status: response.status,
    code: text('code') || 'unexpected',
    detail: text('detail') || text('title'),
    fix: text('fix'),
  })
}
