import { type Capability, OwnkeyError } from '../../../contract/index.ts'
import { type Decision, resolveProvider } from '../../../policy/index.ts'
import {
  hasRoute,
  noModel,
  noRoute,
  type OpenaiRoute,
  openaiRoutes,
  type Provider,
  routeCapabilities,
} from '../../../providers/index.ts'
import type { InForce } from '../../deps.ts'

/** What a path says of a request. */
export interface AskedPath {
  /** Of the one dialect; absent: the API of the provider. */
  route?: OpenaiRoute
  provider?: string
  capability?: Capability | undefined
  noModel?: boolean
}

/**
 * Reads a path as the gateway does.
 * @param named the provider that is named beside it
 * @throws OwnkeyError `request_invalid` where no request is decided on, or the path is another provider's
 */
export function askedPath(path: string, named: string | undefined, inForce: InForce): AskedPath {
  const [written] = path.split('?', 1) as [string]
  const [, head = ''] = written.split('/', 2)
  const rest = written.slice(head.length + 1)
  if (head === 'v1') {
    const route = openaiRoutes.find((one) => rest === `/${one}` && routeCapabilities[one] !== undefined)
    if (route !== undefined) return { route, capability: routeCapabilities[route] }
  }
  const provider = inForce.providers.find(({ id }) => id === resolveProvider(inForce.policy, head))
  if (provider === undefined) throw wrongPath('No request to this path is decided on.')
  if (named !== undefined && resolveProvider(inForce.policy, named) !== provider.id)
    throw wrongPath('It is the path of another provider than "provider" names.')
  const surface = provider.surfaces.find(({ method = 'POST', path: has }) => method === 'POST' && has.test(rest))
  return { provider: provider.id, capability: surface?.capability, noModel: surface?.model === 'none' }
}

function wrongPath(detail: string): OwnkeyError {
  return new OwnkeyError('request_invalid', {
    detail: `body.path: ${detail}`,
    fix: 'Send a path of the one dialect, such as /v1/chat/completions, or one that begins with a provider’s id.',
    errors: [{ field: 'body.path', detail, code: 'wrong' }],
  })
}

/**
 * The decision as a route of the one dialect leaves it. Who is asked first and cannot do it ends the request, whoever comes after;
 * a fallback that cannot is none.
 */
export function onRoute(decision: Decision, route: OpenaiRoute, providers: readonly Provider[]): Decision {
  const [first, ...others] = decision.attempts
  if (first === undefined) return decision
  const problemOf = ({ provider: id, model }: { provider: string; model?: string | undefined }) => {
    const provider = providers.find((one) => one.id === id) as Provider
    if (!hasRoute(provider, route)) return noRoute(provider, route)
    return model === undefined ? noModel(provider) : undefined
  }
  const problem = problemOf(first)
  if (problem) {
    const { detail: reason, fix } = problem
    return { ...decision, attempts: [], refusal: { code: 'request_invalid', reason, fix } }
  }
  const able = others.filter((attempt) => problemOf(attempt) === undefined)
  return { ...decision, attempts: able.length > 0 ? [first, ...able] : [{ ...first, fallbackOn: [] }] }
}
