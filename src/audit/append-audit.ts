import { type AuditAction, type AuditFact, OwnkeyError } from '../contract/index.ts'
import type { Keyring } from '../crypto/index.ts'
import { type Clock, randomBase62 } from '../lib/index.ts'
import { insertAuditRow, insertWebhookEvent, lockAuditHead, moveAuditHead, type Queryable } from '../store/index.ts'
import { readAuditKey } from './audit-key.ts'
import { type ChainRow, headMac, noMac, rowMac, sameMac } from './chain.ts'

export interface AuditDeps {
  keyring: Keyring
  clock: Pick<Clock, 'now'>
}

/** Who did it and from where. */
export interface AuditActor {
  actor: { kind: string; id: string; name?: string | null | undefined }
  ip?: string | null | undefined
}

/** Facts by their names; `changes` holds the fields that changed, from what to what. */
export type AuditDetail = Readonly<Partial<Record<AuditFact | 'changes', unknown>>>

export interface AuditEntry extends AuditActor {
  /** Empty: the platform's own chain. */
  org: string
  action: AuditAction
  target?: string | null | undefined
  /** Facts for people and machines, as JSON; never a secret. */
  detail?: AuditDetail | undefined
}

/**
 * Writes one row, and an event for webhooks, in the transaction of the change that they tell of. It holds a lock on the
 * organization's chain until the transaction ends, so it comes last in a transaction (only `noteWithdrawal` comes after it).
 * @throws OwnkeyError `unavailable` when the stored end of the chain was tampered with: appending would hide the traces.
 */
export async function appendAudit(tx: Queryable, deps: AuditDeps, entry: AuditEntry): Promise<void> {
  const key = await readAuditKey(tx, deps.keyring)
  const empty = { org_id: entry.org, seq: 0, last_mac: noMac }
  const head = await lockAuditHead(tx, { ...empty, head_mac: headMac(key, empty) })
  if (!sameMac(headMac(key, head), head.head_mac)) {
    throw new OwnkeyError('unavailable', {
      detail: 'The end of the audit log was changed from outside, so nothing is written behind it.',
      fix: 'Run "ownkey audit verify" and put back a backup of the audit tables.',
    })
  }
  const row = toRow(entry, head.seq + 1, new Date(deps.clock.now()))
  const mac = rowMac(key, row, head.last_mac)
  await insertAuditRow(tx, { ...row, mac })
  const next = { org_id: entry.org, seq: row.seq, last_mac: mac }
  await moveAuditHead(tx, { ...next, head_mac: headMac(key, next) })
  await tellWebhooks(tx, row)
}

/** Without the IP address of whoever did it: webhook endpoints have no need of it. */
async function tellWebhooks(tx: Queryable, row: ChainRow): Promise<void> {
  const { org_id: org, action: type, target, detail, actor_kind: kind, actor_id: id, actor_name: name } = row
  const data = { actor: { kind, id, name }, target, detail }
  await insertWebhookEvent(tx, { id: `evt_${randomBase62(22)}`, org, type, data })
}

function toRow(entry: AuditEntry, seq: number, at: Date): ChainRow {
  return {
    org_id: entry.org,
    seq,
    at,
    actor_kind: entry.actor.kind,
    actor_id: entry.actor.id,
    actor_name: entry.actor.name ?? null,
    ip: entry.ip ?? null,
    action: entry.action,
    target: entry.target ?? null,
    // Through JSON and back: dates become texts here as they will in the database.
    detail: JSON.parse(JSON.stringify(entry.detail ?? {})),
  }
}
