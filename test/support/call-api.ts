import { keepEvidence } from './evidence.ts'

export interface ApiAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers of every route pass here; tests look into them by hand
  body: any
}

export interface ApiCall {
  method: string
  /** Behind `/api/v1`. */
  path: string
  body?: unknown
  token: string
}

/** One call of the control API. What it answers is kept for the canary search. */
export async function callApi(url: string, { method, path, body, token }: ApiCall): Promise<ApiAnswer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  keepAnswer({ method, status: response.status, headers: response.headers, text })
  const json = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text }
}

/** Without the path: a test may put a key there to see it refused. */
export function keepAnswer(answer: { method: string; status: number; headers: Headers; text: string }): void {
  keepEvidence('answers.txt', `${answer.method} ${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`)
}
