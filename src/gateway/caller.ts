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

/** The one place where a token's limits are held against the request. @throws token_invalid, token_scope, org_required, org_unknown */
export async function identifyCaller(head: RequestHead, tenants: Tenants): Promise<Caller> {
  const found = tenants.token(head.token)
  const token = found instanceof Promise ? await found : found
  if (token === undefined) throw new OwnkeyError('token_invalid')
  const org = within(token, head, 'org')
  if (org === undefined) throw new OwnkeyError('org_required')
  const snapshot = tenants.get(org)
  const tenant = snapshot instanceof Promise ? await snapshot : snapshot
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
