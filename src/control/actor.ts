import type { Caller } from './http/caller.ts'

/** Who did it and from where, for the audit log. */
export interface ActorFields {
  actor: { kind: 'operator' | 'member'; id: string; name: string | null }
  ip: string
}

export function actorOf({ caller, ip }: { caller: Caller; ip: string }): ActorFields {
  return { actor: { kind: caller.kind, id: caller.id, name: caller.name }, ip }
}
