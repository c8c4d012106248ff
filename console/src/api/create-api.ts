import { ProblemError } from './problem-error.ts'
import { type Call, requestOf } from './request-of.ts'

export type { Call }

/** The control API as one signed-in person. Every function rejects with a ProblemError. */
export interface Api {
  call<Answer>(path: string, options?: Call): Promise<Answer>
  /** The same as text, for CSV. */
  text(path: string, options: Call): Promise<string>
  /** The same as lines of JSON, each handed over as it comes; ends with the last one. */
  lines<Line>(path: string, options: Call & { onLine(line: Line): void }): Promise<void>
}

export interface ApiPlace {
  /** What stands before `/api/v1`; empty on our own pages. */
  origin: string
  /** The session's token; undefined: nobody is signed in. */
  token(): string | undefined | Promise<string | undefined>
  /** The server refused the token: another one to try once, where there is one. */
  renew?(): Promise<string | undefined>
  /** Neither token was accepted: the session is over. */
  onRefused(): void
  onAnswer?(method: string, path: string): void
  onProblem?(problem: ProblemError): void
  /** What was asked for before this script was here; undefined: it has to be asked now. */
  askedAlready?(url: string, request: RequestInit): Promise<Response> | undefined
}

export function createApi(place: ApiPlace): Api {
  const ask = (path: string, options: Call) => send(place, path, options)
  return {
    async call(path, options = {}) {
      const response = await ask(path, options)
      return response.status === 204 ? undefined : await response.json()
    },
    text: async (path, options) => (await ask(path, options)).text(),
    lines: async (path, { onLine, ...options }) =>
      readLines(await ask(path, { accept: 'application/x-ndjson', ...options }), onLine),
  }
}

async function send(place: ApiPlace, path: string, options: Call): Promise<Response> {
  const { method = 'GET' } = options
  const token = await place.token()
  let response = await request(place, path, options, token)
  if (response.status === 401 && token) {
    const fresh = await place.renew?.()
    if (fresh && fresh !== token) response = await request(place, path, options, fresh)
    if (response.status === 401) place.onRefused()
  }
  if (response.ok) {
    place.onAnswer?.(method, path)
    return response
  }
  const problem = await problemOf(response)
  place.onProblem?.(problem)
  throw problem
}

/** What a reader waits for in a dialog that cannot be closed meanwhile; longer than any test of a key. */
const patienceMs = 120_000

async function request(place: ApiPlace, path: string, options: Call, token: string | undefined): Promise<Response> {
  const { signal } = options
  const { url, init } = requestOf(place.origin, path, options, token)
  try {
    return await (place.askedAlready?.(url, init) ??
      fetch(url, { ...init, signal: signal ?? AbortSignal.timeout(patienceMs) }))
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ProblemError({ status: 0, code: 'offline' })
  }
}

async function readLines<Line>(response: Response, onLine: (line: Line) => void): Promise<void> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (let ended = false; reader && !ended; ) {
    const { done, value } = await reader.read()
    const lines = (rest + decoder.decode(value, { stream: !done })).split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line) onLine(JSON.parse(line) as Line)
    ended = done
  }
}

async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => undefined)
  return toProblemError(response.status, body, Number(response.headers.get('retry-after')) || undefined)
}

/** @param said problem details as they came, read tolerantly: a proxy on the way answers in its own words */
export function toProblemError(status: number, said: unknown, retryAfter?: number): ProblemError {
  const fields = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {}
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '')
  const problem = {
    ...fields,
    status,
    code: text('code') || 'unexpected',
    detail: text('detail') || text('title'),
    fix: text('fix'),
  }
  return new ProblemError(problem, retryAfter)
}
