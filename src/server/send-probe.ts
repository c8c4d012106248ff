import { OwnkeyError } from '../contract/index.ts'
import type { ProbeRequest, SendProbe } from '../control/index.ts'
import type { Gateway } from '../gateway/index.ts'
import { type ProviderAnswer, parseBody } from '../providers/index.ts'

export interface SendProbeOptions {
  egress: Gateway['egress']
  /** The origin that plays a provider; absent: the server runs without sandbox. */
  sandbox?: { origin(provider: string): string } | undefined
}

/** No probe's answer is longer; what comes after is not read. */
const longestAnswer = 512 * 1024

/** Sends the key tests' probes through the gateway's egress, so that there is one way out and one set of guards. */
export function createSendProbe({ egress, sandbox }: SendProbeOptions): SendProbe {
  return (request) => {
    const key = request.secret.reveal()
    const playsSandbox = key.includes('sandbox')
    if (playsSandbox && !sandbox) return Promise.reject(new OwnkeyError('sandbox_off'))
    const { header, prefix } = request.provider.credential(pathOnly(request.path))
    const body = request.body === undefined ? null : Buffer.from(JSON.stringify(request.body))
    const headers: [string, string][] = Object.entries({
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...request.headers,
    })
    if (body) headers.push(['content-type', 'application/json'])
    headers.push([header, `${prefix}${key}`])
    return new Promise((resolve, reject) => {
      egress.send(
        {
          origin: playsSandbox && sandbox ? sandbox.origin(request.provider.id) : request.origin,
          guarded: request.guarded && !playsSandbox,
          method: request.method,
          path: playsSandbox ? `/${request.provider.id}${request.path}` : `${request.basePath}${request.path}`,
          headers: headers.flat(),
          body,
        },
        createCollector(request, resolve, reject),
      )
    })
  }
}

type Handler = Parameters<Gateway['egress']['send']>[1]

/** Collects one answer within the probe's time. */
function createCollector(
  { timeoutMs }: ProbeRequest,
  resolve: (answer: ProviderAnswer) => void,
  reject: (error: OwnkeyError) => void,
): Handler {
  let abort: (error?: Error) => void = () => {}
  let status = 0
  let headers: Record<string, string> = {}
  const parts: Buffer[] = []
  let bytes = 0
  const finish = () => {
    clearTimeout(timer)
    resolve({ status, headers, body: parseBody(Buffer.concat(parts), headers['content-type']) })
  }
  const timer = setTimeout(() => {
    reject(new OwnkeyError('upstream_timeout'))
    abort(new OwnkeyError('upstream_timeout'))
  }, timeoutMs)
  return {
    onConnect: (abortRequest) => {
      abort = abortRequest
    },
    onHeaders: (code, rawHeaders) => {
      status = code
      headers = readHeaders(rawHeaders)
      return true
    },
    onData: (chunk) => {
      parts.push(chunk)
      bytes += chunk.length
      if (bytes > longestAnswer) {
        finish()
        abort(new Error('the answer of a probe is too long'))
      }
      return true
    },
    onComplete: finish,
    onError: (error) => {
      clearTimeout(timer)
      reject(asOwnkeyError(error))
    },
  }
}

function readHeaders(raw: readonly Buffer[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index < raw.length; index += 2) {
    headers[String(raw[index]).toLowerCase()] = String(raw[index + 1])
  }
  return headers
}

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

/** Only the code of a foreign error goes on: its message can hold the address and what was sent. */
function asOwnkeyError(error: Error): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const code = 'code' in error ? String(error.code) : 'unknown'
  if (timeouts.has(code)) return new OwnkeyError('upstream_timeout', { facts: { cause: code } })
  return new OwnkeyError('upstream_unreachable', {
    detail: `The provider cannot be reached (${code}).`,
    facts: { cause: code },
  })
}

function pathOnly(path: string): string {
  return path.split('?', 1)[0] ?? path
}
