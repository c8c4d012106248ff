import type { Role } from '../../contract/index.ts'

/** Who calls the control API. */
export type Caller = Operator | MemberCaller

export interface Operator {
  kind: 'operator'
  id: string
  name: string | null
  /** Null for the operator's own token, which is no session. */
  sessionId: string | null
  expiresAt: Date | null
}

export interface MemberCaller {
  kind: 'member'
  id: string
  name: string | null
  sessionId: string
  org: string
  role: Role
  locale: string | null
  expiresAt: Date
}

/** Whose eyes notices are chosen for; undefined: the operator's, who sees all. */
export function memberOf(caller: Caller): string | undefined {
  return caller.kind === 'member' ? caller.id : undefined
}
