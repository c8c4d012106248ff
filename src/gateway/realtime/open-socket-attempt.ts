import { OwnkeyError } from '../../contract/index.ts'
import { Secret } from '../../crypto/index.ts'
import type { Attempt } from '../../policy/index.ts'
import type { PreparedSecret, Provider, SocketCredential, SocketRoute } from '../../providers/index.ts'
import { KeyRedactor } from '../answer/key-redactor.ts'
import { isCustomHost, type SecretSource, secretOf } from '../attempt/open-attempt.ts'
import { passedHeaders } from '../attempt/request-headers.ts'
import type { GatewayDeps } from '../gateway-deps.ts'
import { credentialEntries, type Offer } from './subprotocols.ts'

/** A socket attempt with its credential in place. Lives until the provider has answered the handshake. */
export interface OpenedSocket {
  origin: string
  guarded: boolean
  /** With query. */
  path: string
  /** Name, value …, without those of the handshake itself. */
  headers: string[]
  protocols: string[]
  redactor: KeyRedactor
  /** As it is stored. */
  secret: Secret
}

export interface SocketSource extends SecretSource {
  route: SocketRoute
  offer: Offer
  rawHeaders: readonly string[]
  /** Behind the provider's head, with the query less its credentials. */
  path: string
  /** The token that was made of the stored document; absent: the secret is sent as it is. */
  prepared?: PreparedSecret | undefined
}

/** What an HTTP header may carry, which a key that is a document (a service account's file) is not. */
const sendable = /^[\x21-\x7e]+$/

/**
 * Opens an attempt's secret and puts it where this route wants it.
 * @throws KeyChanged, key_unreadable, missing_key, sandbox_off, request_invalid
 */
export function openSocketAttempt(source: SocketSource, deps: GatewayDeps): OpenedSocket {
  const { provider, offer, prepared } = source
  const secret = secretOf(source, deps)
  const value = prepared?.credential ?? secret.reveal()
  if (!sendable.test(value))
    throw new OwnkeyError('request_invalid', {
      detail: 'This key is a document of which no token can be made for a socket.',
      fix: 'Save a key of the provider’s plain kind, or use its HTTP routes.',
    })
  const upstream = prepared === undefined ? source.route.upstream : headerOf(prepared)
  const { name = '', prefix = '', in: where } = upstream
  const headers = passedHeaders(source.rawHeaders, provider.dropRequestHeaders)
  if (where === 'header') headers.push(name, prefix + value)
  const entries = where === 'subprotocol' ? credentialEntries(upstream, value) : []
  const path = where === 'query' ? withParameter(source.path, name, prefix + value) : source.path
  return {
    ...destinationOf(source, { path, sandbox: prepared === undefined && value.includes('sandbox'), deps }),
    headers,
    protocols: [...offer.names.filter((one) => !entries.includes(one)), ...entries],
    redactor: new KeyRedactor(prepared === undefined ? secret : new Secret(value)),
    secret,
  }
}

/** A token goes where the preparation says, as with the provider's HTTP routes. */
const headerOf = ({ placement }: PreparedSecret): SocketCredential => ({
  in: 'header',
  name: placement.header,
  prefix: placement.prefix,
})

function withParameter(path: string, name: string, value: string): string {
  const joint = !path.includes('?') ? '?' : /[?&]$/.test(path) ? '' : '&'
  return `${path}${joint}${name}=${encodeURIComponent(value)}`
}

interface Going {
  path: string
  sandbox: boolean
  deps: GatewayDeps
}

function destinationOf(
  source: SocketSource,
  { path, sandbox, deps }: Going,
): Pick<OpenedSocket, 'origin' | 'guarded' | 'path'> {
  const { attempt, provider, route } = source
  if (sandbox) {
    if (deps.sandbox === undefined) throw new OwnkeyError('sandbox_off')
    return { origin: deps.sandbox.origin(provider.id), guarded: false, path: `/${provider.id}${path}` }
  }
  return {
    origin: socketOrigin(attempt, provider, route),
    guarded: attempt.key !== undefined && isCustomHost(source),
    path: `${attempt.basePath ?? ''}${path}`,
  }
}

/** Some vendors have other hosts for sockets. These replace the vendor's own HTTP hosts only, never a customer's or operator's. */
function socketOrigin({ origin, region }: Attempt, provider: Provider, route: SocketRoute): string {
  const regional = region === undefined ? undefined : provider.regions?.[region]
  if (regional === origin && region !== undefined) return route.regions?.[region] ?? origin
  return origin === provider.origin ? (route.origin ?? origin) : origin
}
