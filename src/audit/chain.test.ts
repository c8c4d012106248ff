import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type ChainRow, deletionMac, headMac, rowMac } from './chain.ts'

const key = createSecretKey(randomBytes(32))
const previous = randomBytes(32)

/** Every field as it is and as somebody would have it; the type says when one is missing here. */
const row: ChainRow = {
  org_id: 'acme',
  seq: 3,
  at: new Date(1),
  actor_kind: 'member',
  actor_id: 'ann',
  actor_name: 'Ann',
  ip: '192.0.2.1',
  action: 'key.set',
  target: 'key_1',
  detail: { hint: 'sk-...1234', list: [1, 2] },
}
const others: ChainRow = {
  org_id: 'evil',
  seq: 4,
  at: new Date(2),
  actor_kind: 'operator',
  actor_id: 'bob',
  actor_name: null,
  ip: null,
  action: 'key.clear',
  target: '',
  detail: { hint: 'sk-...1234', list: [2, 1] },
}

const changes = <Whole extends object>(whole: Whole, other: Whole) =>
  (Object.keys(other) as (keyof Whole)[]).map((field) => [field, { ...whole, [field]: other[field] }] as const)

describe('a MAC of the audit log', () => {
  it('covers each field of a row, the row before it, and the key', () => {
    const macs = [
      rowMac(key, row, previous),
      ...changes(row, others).map(([, changed]) => rowMac(key, changed, previous)),
      rowMac(key, row, randomBytes(32)),
      rowMac(createSecretKey(randomBytes(32)), row, previous),
    ]
    expect(new Set(macs.map((mac) => mac.toString('hex'))).size).toBe(Object.keys(row).length + 3)
  })

  it('covers each field of a head', () => {
    const head = { org_id: 'acme', seq: 3, last_mac: previous }
    const macs = [head, ...changes(head, { org_id: 'evil', seq: 4, last_mac: randomBytes(32) }).map(([, one]) => one)]
    expect(new Set(macs.map((one) => headMac(key, one).toString('hex'))).size).toBe(4)
  })

  it('covers each field of the record of a deletion', () => {
    const record = {
      id: 'del_1',
      org: 'acme',
      deleted_at: new Date(1),
      deleted_by: 'root',
      counts: { provider_keys: 3 },
      audit_seq: 3,
      audit_mac: previous,
    }
    const other = {
      id: 'del_2',
      org: 'evil',
      deleted_at: new Date(2),
      deleted_by: 'bob',
      counts: { provider_keys: 2 },
      audit_seq: 4,
      audit_mac: randomBytes(32),
    }
    const macs = [record, ...changes(record, other).map(([, one]) => one)]
    expect(new Set(macs.map((one) => deletionMac(key, one).toString('hex'))).size).toBe(8)
  })
})
