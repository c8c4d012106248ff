export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  query?: Record<string, string | number | undefined>
  body?: unknown
  accept?: string
  signal?: AbortSignal | undefined
}

/** A call as the browser sends it. */
export function requestOf(origin: string, path: string, { method = 'GET', query, body, accept }: Call, token?: string) {
  const headers: Record<string, string> = { accept: accept ?? 'application/json' }
  if (token) headers['authorization'] = `Bearer ${token}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  const init: RequestInit = {
    method,
    headers,
    // The token is all that opens anything; cookies are for nobody.
    credentials: origin ? 'omit' : 'same-origin',
    cache: 'no-store',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
  return { url: `${origin}/api/v1${path}${search(query)}`, init }
}

function search(query: Call['query'] = {}): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  )
  return parts.length ? `?${parts.join('&')}` : ''
}
