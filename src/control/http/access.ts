import { OwnkeyError, type Role } from '../../contract/index.ts'
import type { Caller } from './caller.ts'

/**
 * Who may call a route. `member`: anyone in the organization of the path; `manager`: those whose role the plan's
 * `managers` names. The operator may do all that a member may, and what is the operator's alone.
 */
export type Access = 'anyone' | 'signed_in' | 'member' | 'manager' | 'operator'

/** Every route by name. A route without a row is not registered: the server does not start. */
export const access: Readonly<Record<string, Access>> = {
  'openapi.get': 'anyone',
  'sessions.exchange': 'anyone',
  'sessions.current': 'signed_in',
  'sessions.end': 'signed_in',
  'sessions.create': 'operator',
  'sessions.list': 'operator',
  'sessions.revoke': 'operator',
  'orgs.list': 'operator',
  'orgs.put': 'operator',
  'orgs.get': 'operator',
  'orgs.delete': 'operator',
  'orgs.export': 'operator',
  'orgs.credits': 'operator',
  'deletions.get': 'operator',
  'deletions.list': 'operator',
  'tokens.create': 'operator',
  'tokens.list': 'operator',
  'tokens.get': 'operator',
  'tokens.revoke': 'operator',
  'config.get': 'operator',
  'platform-keys.list': 'operator',
  'platform-keys.test': 'operator',
  'health.get': 'operator',
  'requests.all': 'operator',
  'audit.search': 'operator',
  'audit.verify': 'operator',
  'master-key.rotate': 'operator',
  'settings.get': 'member',
  'settings.active-provider': 'manager',
  'keys.put': 'manager',
  'keys.patch': 'manager',
  'keys.delete': 'manager',
  'keys.test': 'manager',
  'keys.revoke': 'manager',
  'keys.restore': 'manager',
  'keys.enable': 'manager',
  'keys.disable': 'manager',
  'explain.post': 'member',
  'try-out.post': 'manager',
  'usage.get': 'member',
  'requests.list': 'member',
  'notices.list': 'member',
  'audit.list': 'manager',
  'audit.platform': 'operator',
  'webhooks.list': 'operator',
  'webhooks.deliveries': 'operator',
  'webhooks.replay': 'operator',
  'webhooks.replay-dead': 'operator',
}

export interface AccessQuestion {
  route: string
  caller: Caller | undefined
  /** The organization in the path, as it was written. */
  org: string | undefined
  /** The roles that the plan lets manage; called only for a member of that very organization. */
  managersOf(org: string): Promise<readonly Role[]>
}

/**
 * Passes or throws. Another organization's id and an unknown id are the same 404, and both come before anything else
 * that would tell them apart.
 * @throws OwnkeyError `token_missing`, `operator_required`, `org_unknown`, `role_required`
 */
export async function allow({ route, caller, org, managersOf }: AccessQuestion): Promise<void> {
  const needs = access[route]
  if (needs === 'anyone') return
  if (!caller)
    throw new OwnkeyError('token_missing', {
      fix: 'Send Authorization: Bearer with a session token (oks_…) or the operator’s token.',
    })
  if (caller.kind === 'operator' || needs === 'signed_in') return
  if (needs !== 'member' && needs !== 'manager') throw new OwnkeyError('operator_required')
  if (org !== caller.org)
    throw new OwnkeyError('org_unknown', { fix: 'Correct the id; a session sees its own organization only.' })
  if (needs === 'member') return
  const managers = await managersOf(org)
  if (!managers.includes(caller.role))
    throw new OwnkeyError('role_required', {
      detail: roleSentence(caller.role, managers),
      facts: { role: caller.role, managers: [...managers] },
    })
}

/** "Your role is member; only owner and admin may manage keys." */
export function roleSentence(role: string, managers: readonly string[]): string {
  return `Your role is ${role}; only ${managers.join(' and ')} may manage keys here.`
}
