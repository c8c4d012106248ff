import { OwnkeyError } from '../../contract/index.ts'
import { checkEnvironment, defaultEnvironment, type PolicyPlan, type PolicyProvider } from '../../policy/index.ts'
import type { Provider } from '../../providers/index.ts'
import { listKeys, type OrganizationRow } from '../../store/index.ts'
import { byokOf } from '../byok.ts'
import type { ControlDeps, InForce } from '../deps.ts'
import type { Caller } from '../http/caller.ts'
import { requireOrg } from '../require-org.ts'
import { requirePlan } from '../require-plan.ts'
import { userOf } from '../settings/load-settings.ts'
import { findNamed, resolveProviderNamed } from './resolve-provider.ts'

/** Where one own key fits, with all that decides about it. */
export interface SlotContext {
  inForce: InForce
  row: OrganizationRow
  plan: PolicyPlan
  provider: PolicyProvider
  entry: Provider
  org: string
  holder: 'organization' | 'user'
  /** Empty for an organization's key. */
  user: string
  environment: string
}

interface SlotCall {
  params: { org: string; provider: string }
  query: { environment?: string | undefined; user?: string | undefined }
  body?: { environment?: string | undefined; user?: string | undefined } | undefined
  caller: Caller
}

/**
 * Reads the slot from path, query and body.
 * @param use `save`: the plan must have the provider and own keys must be on; `remove`: what is there may always go
 * @throws OwnkeyError `org_unknown`, `provider_unknown`, `provider_not_allowed`, `byok_disabled`, `request_invalid`, `role_required`,
 * `choice_fixed`
 */
export async function resolveSlot(
  { params, query, body, caller }: SlotCall,
  deps: ControlDeps,
  use: 'save' | 'remove',
): Promise<SlotContext> {
  const inForce = deps.inForce()
  const row = await requireOrg(deps, params.org)
  const plan = requirePlan(row, inForce)
  const provider =
    use === 'save' ? resolveProviderNamed(params.provider, { inForce, plan }) : findNamed(params.provider, inForce)
  if (use === 'save') requireByok(row, inForce)
  const environment = oneOf('environment', query.environment, body?.environment) ?? defaultEnvironment(inForce.policy)
  const keeps = async () => (await listKeys(deps.database, params.org)).some((key) => key.environment === environment)
  // An environment that is no longer configured may still have keys, which it must be possible to remove.
  if (use === 'save' || !(await keeps()))
    checkEnvironment(
      environment,
      inForce.policy,
      body?.environment === undefined ? 'query.environment' : 'body.environment',
    )
  const named = oneOf('user', query.user, body?.user)
  if (use === 'save' && named !== undefined)
    requireHolderUser(plan, query.user === undefined ? 'body.user' : 'query.user')
  const user = userOf(caller, named)
  if (plan.holder === 'user') requireUser(user, 'query.user')
  return {
    inForce,
    row,
    plan,
    provider,
    entry: inForce.providers.find(({ id }) => id === provider.id) as Provider,
    org: params.org,
    holder: plan.holder,
    user: plan.holder === 'user' ? user : '',
    environment,
  }
}

/** A key that was meant for one user would serve the whole organization. @throws OwnkeyError `choice_fixed` */
function requireHolderUser({ holder }: PolicyPlan, field: string): void {
  if (holder === 'user') return
  throw new OwnkeyError('choice_fixed', {
    detail: 'In this plan keys belong to the organization, not to a user.',
    fix: 'Leave "user" out.',
    errors: [{ field, detail: 'The plan decides this.', code: 'plan_decides' }],
  })
}

/** The operator, who is no user, must name one. @throws OwnkeyError `request_invalid` */
export function requireUser(user: string, field: string): string {
  if (user !== '') return user
  const detail = 'Keys belong to users here; name the user.'
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: 'Add "user".',
    errors: [{ field, detail, code: 'missing' }],
  })
}

function requireByok(row: OrganizationRow, inForce: InForce): void {
  const { enabled, reason, code } = byokOf({ plan: row.plan, byokEnabled: row.byok_enabled }, inForce)
  if (!enabled)
    throw new OwnkeyError('byok_disabled', {
      ...(reason ? { detail: reason } : {}),
      ...(code ? { facts: { byok: code } } : {}),
    })
}

function oneOf(name: string, inQuery: string | undefined, inBody: string | undefined): string | undefined {
  if (inQuery === undefined || inBody === undefined || inQuery === inBody) return inBody ?? inQuery
  const detail = `"${name}" is one thing in the query and another in the body.`
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: 'Send it once.',
    errors: [{ field: `body.${name}`, detail, code: 'wrong' }],
  })
}
