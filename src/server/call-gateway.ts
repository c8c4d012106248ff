import { OwnkeyError } from '../contract/index.ts'
import type { CallGateway } from '../control/index.ts'

/** Long enough for one line of text, short enough for a person. */
const timeoutMs = 60_000

/** Calls this server's own gateway over loopback as a product would, so that "Try it" tries all of it. */
export function createCallGateway(publicUrl: () => string): CallGateway {
  return async ({ path, headers, body }) => {
    try {
      const response = await fetch(new URL(path, publicUrl()), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      return { status: response.status, headers: Object.fromEntries(response.headers), body: parse(text) }
    } catch {
      throw new OwnkeyError('upstream_unreachable', { detail: 'The gateway did not answer.' })
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
