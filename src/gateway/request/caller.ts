import { OwnkeyError, type OwnkeyErrorCode } from '../../contract/index.ts'
import { checkEnvironment, defaultEnvironment, type Policy } from '../../policy/index.ts'
import type { Tenant, Tenants, TokenFacts } from '../../tenants/index.ts'
import type { Exchange } from '../exchange.ts'
import type { RequestHead } from './request-head.ts'

/** Who calls, for which user, feature and environment: what the token fixes, and what the headers add. */
export interface Caller {
  token: string
  /** Milliseconds since 1970; absent: it does not expire. */
  tokenExpiresAt: number | undefined
  tenant: Tenant
  feature: string | undefined
  user: string | undefined
  environment: string
}

/**
 * The one place where a request is checked against the limits of its token. Answers without a promise when token and tenant
 * are in memory.
 * @throws token_invalid, token_scope, org_required, org_unknown, request_invalid (an unknown environment)
 */
export function identifyCaller({ head, setup }: Exchange, tenants: Tenants): Caller | Promise<Caller> {
  const asked = { head: head as RequestHead, policy: setup.policy }
  const token = tenants.token(asked.head.token)
  return token instanceof Promise
    ? token.then((found) => findTenant(found, asked, tenants))
    : findTenant(token, asked, tenants)
}

/** What is checked against the token's limits. */
interface Asked {
  head: RequestHead
  policy: Policy
}

function findTenant(token: TokenFacts | undefined, asked: Asked, tenants: Tenants): Caller | Promise<Caller> {
  const { head } = asked
  if (token === undefined) throw new OwnkeyError('token_invalid')
  const org = within(token, head, 'org')
  if (org === undefined) throw new OwnkeyError('org_required')
  const tenant = tenants.get(org)
  return tenant instanceof Promise
    ? tenant.then((found) => callerOf(token, asked, found))
    : callerOf(token, asked, tenant)
}

function callerOf(token: TokenFacts, { head, policy }: Asked, tenant: Tenant | undefined): Caller {
  if (tenant === undefined) throw new OwnkeyError('org_unknown')
  const environment = within(token, head, 'environment')
  if (environment !== undefined) checkEnvironment(environment, policy)
  return {
    token: token.id,
    tokenExpiresAt: token.expiresAt,
    tenant,
    feature: within(token, head, 'feature'),
    user: within(token, head, 'user'),
    environment: environment ?? defaultEnvironment(policy),
  }
}

type Field = 'org' | 'feature' | 'user' | 'environment'

/** The token's value where it fixes one: a header may then only repeat it, or be empty. Otherwise the header's. */
function within(token: TokenFacts, head: RequestHead, field: Field): string | undefined {
  const fixed = token[field]
  const asked = head[field]
  if (fixed === undefined && asked === '') throw emptyHeader(field)
  if (fixed === undefined) return asked
  if (asked === undefined || asked === '' || asked === fixed) return fixed
  throw new OwnkeyError('token_scope', {
    detail: `This token is made for another ${field === 'org' ? 'organization' : field} than the request names.`,
    facts: { field },
  })
}

/** An empty header is an error, not an absent one: a bug in the caller's code would otherwise change whose key serves. */
function emptyHeader(field: Field): OwnkeyError {
  const name = headerNames[field]
  return new OwnkeyError(emptyCodes[field], {
    detail: `The header ${name} is empty.`,
    fix: `Send a value in ${name}, ${field === 'org' ? '' : 'leave the header out, '}or use a token that carries it.`,
    facts: { field },
  })
}

const emptyCodes = {
  org: 'org_required',
  feature: 'feature_required',
  user: 'request_invalid',
  environment: 'request_invalid',
} as const satisfies Readonly<Record<Field, OwnkeyErrorCode>>

const headerNames: Readonly<Record<Field, string>> = {
  org: 'Ownkey-Org',
  feature: 'Ownkey-Feature',
  user: 'Ownkey-User',
  environment: 'Ownkey-Environment',
}
