import { OwnkeyError } from '../contract/index.ts'
import type { SendProbe } from '../control/index.ts'
import { collectAnswer, type Gateway, type PreparedSecrets } from '../gateway/index.ts'

export interface SendProbeOptions {
  /** Makes tokens of stored documents; absent: none are tested. */
  prepared?: PreparedSecrets | undefined
  egress: Gateway['egress']
  /** The origin that plays a provider; absent: the server runs without sandbox. */
  sandbox?: { origin(provider: string): string } | undefined
}

/** Sends the key tests' probes through the gateway's egress, so that there is one way out and one set of guards. */
export function createSendProbe({ egress, sandbox, prepared }: SendProbeOptions): SendProbe {
  return async (request) => {
    const stored = request.secret.reveal()
    const playsSandbox = stored.includes('sandbox')
    if (playsSandbox && !sandbox) throw new OwnkeyError('sandbox_off')
    const preparation = playsSandbox ? undefined : prepared?.of(request.provider)
    const ready = preparation?.needed(stored) ? await preparation.prepare(stored) : undefined
    if (ready && 'failure' in ready) return ready
    const { header, prefix } = ready?.placement ?? request.provider.credential(pathOnly(request.path))
    const key = ready?.credential ?? stored
    const body = request.body === undefined ? null : Buffer.from(JSON.stringify(request.body))
    const headers: [string, string][] = Object.entries({
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...request.headers,
    })
    if (body) headers.push(['content-type', 'application/json'])
    headers.push([header, `${prefix}${key}`])
    const sent = {
      origin: playsSandbox && sandbox ? sandbox.origin(request.provider.id) : request.origin,
      guarded: request.guarded && !playsSandbox,
      method: request.method,
      path: playsSandbox ? `/${request.provider.id}${request.path}` : `${request.basePath}${request.path}`,
      headers: headers.flat(),
      body,
    }
    return collectAnswer(egress, sent, request)
  }
}

function pathOnly(path: string): string {
  return path.split('?', 1)[0] ?? path
}
