import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { encodeContext } from '../crypto/index.ts'
import type { AuditHeadRecord, AuditRecord } from '../store/index.ts'

/** A row of `audit_log` as both writing and verifying see it. */
export type ChainRow = Omit<AuditRecord, 'mac'>

/** What stands before the first row. */
export const noMac = Buffer.alloc(0)

/** The MAC of a row that follows a row with the MAC `previous`. */
export function rowMac(key: KeyObject, row: ChainRow, previous: Uint8Array): Buffer {
  const fields = [row.org_id, row.seq, row.at.toISOString(), row.actor_kind, row.actor_id]
  const optional = [row.actor_name, row.ip, row.action, row.target].map(optionalField)
  return mac(key, 'audit-row', [...fields, ...optional, canonicalJson(row.detail), hex(previous)])
}

export function headMac(key: KeyObject, head: Omit<AuditHeadRecord, 'head_mac'>): Buffer {
  return mac(key, 'audit-head', [head.org_id, head.seq, hex(head.last_mac)])
}

/** Everything that the record of a deletion says. */
export function deletionMac(
  key: KeyObject,
  row: {
    id: string
    org: string
    deleted_at: Date
    deleted_by: string
    counts: unknown
    audit_seq: number
    audit_mac: Uint8Array
  },
): Buffer {
  const fields = [row.id, row.org, row.deleted_at.toISOString(), row.deleted_by, canonicalJson(row.counts)]
  return mac(key, 'deletion', [...fields, row.audit_seq, hex(row.audit_mac)])
}

export function sameMac(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** JSON with sorted keys, so that what comes back from the database has the same text as what went in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

/** Null is encoded as a number, so that it differs from an empty text. */
function optionalField(value: string | null): string | number {
  return value ?? 0
}

function mac(key: KeyObject, purpose: string, fields: readonly (string | number)[]): Buffer {
  return createHmac('sha256', key).update(encodeContext(purpose, fields)).digest()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
