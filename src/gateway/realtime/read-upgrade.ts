import type { IncomingMessage } from 'node:http'
import { OwnkeyError } from '../../contract/index.ts'
import type { Provider, SocketCredential, SocketRoute } from '../../providers/index.ts'
import type { Exchange } from '../exchange.ts'
import { surfaceOf } from '../request/describe-request.ts'
import { isInBody } from '../request/find-model.ts'
import { readRequestHead } from '../request/request-head.ts'
import { readDestination } from '../serve.ts'
import { type Offer, readOffer } from './subprotocols.ts'

/** A handshake as it was read: where it goes, and where its credential stood. */
export interface Upgrade {
  route: SocketRoute
  offer: Offer
  /** The JSON field of the first message that may carry a credential on this route. */
  credentialField: string | undefined
  /** Reads the exchange's head, with a token that came later. @throws token_missing, token_invalid, request_invalid */
  readHead(lateToken?: string): void
}

/**
 * Reads a WebSocket handshake. The exchange then has its target, provider, dialect and surface.
 * @param req Node's own message, with the headers joined
 * @throws not_found, request_invalid
 */
export function readUpgrade(exchange: Exchange, req: IncomingMessage): Upgrade {
  const { target, provider } = readDestination(exchange)
  checkHandshake(req)
  const route = routeOf(provider, target.path)
  const surface = surfaceOf(provider.surfaces, 'GET', target.path)
  exchange.surface = surface
  if (isInBody(surface) && isRuled(exchange, provider))
    throw new OwnkeyError('request_invalid', {
      detail: 'The configuration has rules about this provider’s models, and on this socket the model cannot be seen.',
      fix: 'Use one of the provider’s sockets that the catalogue lists.',
    })
  const { query, credentials } = takeFromQuery(target.query, route.accepts)
  const headers = [...req.rawHeaders, ...credentials.flatMap((value) => ['authorization', value])]
  return {
    route,
    offer: readOffer(req.headers['sec-websocket-protocol'], route.accepts),
    credentialField: route.accepts.find((place) => place.in === 'first_message')?.name,
    readHead: (late) => {
      const head = readRequestHead(late === undefined ? headers : [...headers, 'authorization', late], query)
      if (head.hasBody) throw new OwnkeyError('request_invalid', { detail: 'A handshake has no body.' })
      exchange.head = head
      if (head.requestId !== undefined) exchange.requestId = head.requestId
    },
  }
}

/** A rule of the configuration depends on the model. */
export function isRuled({ setup }: Pick<Exchange, 'setup'>, provider: Provider): boolean {
  return setup.policy.providers.get(provider.id)?.rules.dependsOnModel === true
}

const challenge = /^[+/0-9A-Za-z]{22}==$/

/** What `ws` would refuse is refused here, before anything is asked of a provider. */
function checkHandshake({ method, headers }: IncomingMessage): void {
  const problem =
    method !== 'GET'
      ? 'its method is not GET'
      : headers.upgrade?.toLowerCase() !== 'websocket'
        ? 'it asks for another protocol than websocket'
        : !challenge.test(headers['sec-websocket-key'] ?? '')
          ? 'its Sec-WebSocket-Key is missing or malformed'
          : headers['sec-websocket-version'] !== '13'
            ? 'its Sec-WebSocket-Version is not 13'
            : !isNameList(headers['sec-websocket-protocol'])
              ? 'its Sec-WebSocket-Protocol is no list of distinct names'
              : undefined
  if (problem === undefined) return
  throw new OwnkeyError('request_invalid', {
    detail: `This WebSocket handshake is refused: ${problem}.`,
    fix: 'Open the connection with a WebSocket client (RFC 6455).',
  })
}

const nameList = /^[\w!#$%&'*+\-.^`|~]+([ \t]*,[ \t]*[\w!#$%&'*+\-.^`|~]+)*$/

function isNameList(header: string | undefined): boolean {
  if (header === undefined) return true
  if (!nameList.test(header)) return false
  const names = header.split(',').map((name) => name.trim())
  return new Set(names).size === names.length
}

/** A socket that the catalogue does not list is passed with the credential that the provider's HTTP routes take. */
function routeOf({ realtime = [], credential }: Provider, path: string): SocketRoute {
  const known = realtime.find((route) => route.path.test(path))
  if (known !== undefined) return known
  const { header, prefix } = credential(path)
  return { path: /^/, upstream: { in: 'header', name: header, prefix }, accepts: [] }
}

/** Takes out the parameters in which this route's clients put a credential; the rest stays byte for byte. */
function takeFromQuery(
  query: string,
  accepts: readonly SocketCredential[],
): { query: string; credentials: readonly string[] } {
  const names = new Set(accepts.filter((place) => place.in === 'query').map((place) => place.name))
  if (query === '' || names.size === 0) return { query, credentials: [] }
  const credentials: string[] = []
  const kept = query.split('&').filter((pair) => {
    const [name, value] = new URLSearchParams(pair).entries().next().value ?? ['', '']
    if (!names.has(name)) return true
    credentials.push(value)
    return false
  })
  return { query: kept.join('&'), credentials }
}
