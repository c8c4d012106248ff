import { OwnkeyError } from '../contract/index.ts'
import type { Tenant, Tenants, TokenFacts } from '../tenants/index.ts'
import type { RequestHead } from './request-head.ts'

/** Who calls, for whom and in what: the token's facts completed by the headers. */
export interface Caller {
  token: string
  tenant: Tenant
  feature: string | undefined
  user: string | undefined
  environment: string
}

const defaultEnvironment = 'production'

/**
 * The one place where a token's limits are held against the request. At once when token and tenant are warm.
 * @throws token_invalid, token_scope, org_required, org_unknown
 */
export function identifyCaller(head: RequestHead, tenants: Tenants): Caller | Promise<Caller> {
  const token = tenants.token(head.token)
  return token instanceof Promise
    ? token.then((found) => findTenant(found, head, tenants))
    : findTenant(token, head, tenants)
}

function findTenant(token: TokenFacts | undefined, head: RequestHead, tenants: Tenants): Caller | Promise<Caller> {
  if (token === undefined) throw new OwnkeyError('token_invalid')
  const org = within(token, head, 'org')
  if (org === undefined) throw new OwnkeyError('org_required')
  const tenant = tenants.get(org)
  return tenant instanceof Promise
    ? tenant.then((found) => callerOf(token, head, found))
    : callerOf(token, head, tenant)
}

function callerOf(token: TokenFacts, head: RequestHead, tenant: Tenant | undefined): Caller {
  if (tenant === undefined) throw new OwnkeyError('org_unknown')
  return {
    token: token.id,
    tenant,
    feature: within(token, head, 'feature'),
    user: within(token, head, 'user'),
    environment: within(token, head, 'environment') ?? defaultEnvironment,
  }
}

/** What the token fixes holds; a header may only repeat it. */
function within(
  token: TokenFacts,
  head: RequestHead,
  field: 'org' | 'feature' | 'user' | 'environment',
): string | undefined {
  const fixed = token[field]
  const asked = head[field]
  if (fixed === undefined) return asked
  if (asked === undefined || asked === fixed) return fixed
  throw new OwnkeyError('token_scope', {
    detail: `This token is made for another ${field === 'org' ? 'organization' : field} than the request names.`,
    facts: { field },
  })
}
