import { OwnkeyError } from '../contract/index.ts'
import type { SendProbe } from '../control/index.ts'
import type { Gateway } from '../gateway/index.ts'
import { createCollector } from './collect-answer.ts'

export interface SendProbeOptions {
  egress: Gateway['egress']
  /** The origin that plays a provider; absent: the server runs without sandbox. */
  sandbox?: { origin(provider: string): string } | undefined
}

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

function pathOnly(path: string): string {
  return path.split('?', 1)[0] ?? path
}
