import { OwnkeyError, type Settings } from '../../contract/index.ts'
import { checkEnvironment, defaultEnvironment } from '../../policy/index.ts'
import { listKeys } from '../../store/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import type { ControlDeps } from '../deps.ts'
import { type Caller, memberOf } from '../http/caller.ts'
import { listNotices } from '../queries/notices.ts'
import { listRestorable } from '../queries/restorable.ts'
import { requireOrg } from '../require-org.ts'
import { showNotice } from '../show-notice.ts'
import { showSettings } from './show-settings.ts'

export interface SettingsQuestion {
  org: string
  environment: string | undefined
  user: string | undefined
  caller: Caller
  /** False: only the notices that are read from the state. */
  stored?: boolean | undefined
}

/** Enough for each of many keys: the page says once what is the same of several. */
const shownNotices = 200

/** @throws OwnkeyError `org_unknown`, `request_invalid`, `role_required` */
export async function loadSettings(question: SettingsQuestion, deps: ControlDeps): Promise<Settings> {
  const { org, caller } = question
  const inForce = deps.inForce()
  const environment = question.environment ?? defaultEnvironment(inForce.policy)
  checkEnvironment(environment, inForce.policy, 'query.environment')
  const user = userOf(caller, question.user)
  const row = await requireOrg(deps, org)
  const holder = inForce.policy.plans.get(row.plan)?.holder ?? 'organization'
  const [tenant, keys, restorable, notices] = await Promise.all([
    requireTenant(deps, org),
    listKeys(deps.database, org),
    listRestorable(deps.database, { org, now: deps.clock.now() }),
    question.stored === false
      ? []
      : listNotices(deps.database, { org, state: 'open', member: memberOf(caller), limit: shownNotices }),
  ])
  const own = keys.filter((row) => row.holder === holder && row.user_id === (holder === 'user' ? user : ''))
  const shown = notices.map((notice) => showNotice(notice, inForce.policy))
  return showSettings({
    row,
    tenant,
    inForce,
    caller,
    keys: own,
    restorable,
    notices: shown,
    user,
    environment,
    now: deps.clock.now(),
    sandbox: deps.sandbox,
  })
}

/**
 * Whose keys are meant, where keys belong to users: one's own. Only the operator names another.
 * @throws OwnkeyError `role_required`
 */
export function userOf(caller: Caller, named: string | undefined): string {
  if (caller.kind === 'operator') return named ?? ''
  if (named !== undefined && named !== caller.id) {
    throw new OwnkeyError('role_required', {
      detail: 'You may not act for another user.',
      fix: 'Leave "user" out; only the operator may name one.',
    })
  }
  return caller.id
}

/** The tenant's snapshot. @throws OwnkeyError `org_unknown` */
export async function requireTenant({ tenants }: Pick<ControlDeps, 'tenants'>, org: string): Promise<Tenant> {
  const tenant = await tenants.get(org)
  if (!tenant) throw new OwnkeyError('org_unknown')
  return tenant
}
