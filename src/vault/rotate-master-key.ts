import { setTimeout as pause } from 'node:timers/promises'
import { type AuditActor, appendAudit, auditKeyContext } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { type Keyring, readKekId, rewrapEnvelope } from '../crypto/index.ts'
import {
  countSecretsByKek,
  getDeployment,
  type KeySecretRow,
  lockSecretsOfKek,
  type Queryable,
  updateDeployment,
  updateEnvelopes,
} from '../store/index.ts'
import { masterCheckContext } from './check-master-key.ts'
import { keyContext, sealedKeyOf } from './key-context.ts'
import { addOuterLayer, hasOuterLayer, openOuterLayer } from './outer-layer.ts'
import type { SealedKey } from './sealed-key.ts'
import type { VaultDeps } from './vault-deps.ts'

export interface RotationReport {
  /** The master key that wraps everything readable now. */
  activeKey: string
  /** Keys that this run wrapped anew. */
  rewrapped: number
  /** Keys that could not be opened and were left as they are, by master key. */
  unreadable: Readonly<Record<string, number>>
}

interface RotationDeps extends VaultDeps {
  batchSize?: number | undefined
  /** Whose row ends the run in the audit log; absent: none. */
  by?: AuditActor | undefined
  /** Told after each batch, with the keys that are wrapped anew so far. */
  onBatch?: ((rewrapped: number) => void) | undefined
}

const defaultBatch = 200
/** Pause while another rotator holds the last rows. */
const waitMs = 50

type Place = { keyId: string; version: number }
const beginning: Place = { keyId: '', version: 0 }

/**
 * Wraps every data key with the active master key, in batches that are a transaction each. Every key stays readable all the time,
 * because the keyring opens with any of its master keys. If it is killed, whole batches are done and the next run does the
 * rest; two runs at once share the work. When `unreadable` is empty, the other master keys may be taken out of
 * `BYOK_ENCRYPTION_KEY`, once no running server has one of them as its active one.
 *
 * Without `outerLayer` every key keeps the layer that it has. A run that changed something writes one row into the platform's
 * audit log, if `by` is given.
 */
export async function rotateMasterKey(deps: RotationDeps): Promise<RotationReport> {
  const { database, keyring } = deps
  const run: Run = { deps, batchSize: deps.batchSize ?? defaultBatch, rewrapped: 0, unreadable: new Map() }
  for (;;) {
    const old = (await countSecretsByKek(database)).filter(({ kek_id }) => kek_id !== keyring.active.id)
    // What is left and is not unreadable is locked by another rotator, or was written just now by a server that has not restarted.
    const open = old.filter(
      ({ kek_id, count }) => keyring.byId.has(kek_id) && count > (run.unreadable.get(kek_id)?.size ?? 0),
    )
    if (open.length === 0) {
      const report = { activeKey: keyring.active.id, rewrapped: run.rewrapped, unreadable: countUnreadable(old) }
      await database.transaction((tx) => finish(tx, deps, report))
      return report
    }
    const before = run.rewrapped
    for (const { kek_id } of open) await rewrapKek(run, kek_id)
    if (run.rewrapped === before) await pause(waitMs)
  }
}

interface Run {
  deps: RotationDeps
  batchSize: number
  rewrapped: number
  /** By master key: the key versions that could not be opened. */
  unreadable: Map<string, Set<string>>
}

async function rewrapKek(run: Run, kekId: string): Promise<void> {
  const unreadable = new Set<string>()
  run.unreadable.set(kekId, unreadable)
  let after: Place | undefined = beginning
  while (after) {
    const from: Place = after
    const batch = await run.deps.database.transaction((tx) => rewrapBatch(tx, run, { kekId, after: from }))
    run.rewrapped += batch.rewrapped
    run.deps.onBatch?.(run.rewrapped)
    for (const id of batch.unreadable) unreadable.add(id)
    after = batch.last
  }
}

interface Batch {
  rewrapped: number
  unreadable: string[]
  /** Absent: there was nothing left. */
  last?: Place | undefined
}

async function rewrapBatch(tx: Queryable, run: Run, from: { kekId: string; after: Place }): Promise<Batch> {
  const rows = await lockSecretsOfKek(tx, { ...from, limit: run.batchSize })
  const stored = rows.map(sealedKeyOf)
  const sealed = await openOuterLayer({ database: tx, keyring: run.deps.keyring }, stored)
  const done: (Place & { envelope: Uint8Array })[] = []
  const unreadable: string[] = []
  for (const [place, key] of sealed.entries()) {
    const { keyId, version } = key.binding
    const envelope = rewrapped(run.deps.keyring, key)
    if (!envelope) {
      unreadable.push(`${keyId} ${version}`)
      continue
    }
    const layer = run.deps.outerLayer ?? (hasOuterLayer(stored[place] as SealedKey) ? 'pgcrypto' : 'none')
    const layered = layer === 'none' ? envelope : await addOuterLayer(tx, run.deps.keyring, { ...key, envelope })
    done.push({ keyId, version, envelope: layered })
  }
  if (done.length > 0) await updateEnvelopes(tx, done, run.deps.keyring.active.id)
  return { rewrapped: done.length, unreadable, last: placeOf(rows.at(-1)) }
}

function rewrapped(keyring: Keyring, { binding, envelope }: SealedKey): Uint8Array | undefined {
  try {
    return rewrapEnvelope(keyring, keyContext(binding), envelope)
  } catch (error) {
    if (error instanceof OwnkeyError && error.code === 'key_unreadable') return undefined
    throw error
  }
}

function placeOf(row: KeySecretRow | undefined): Place | undefined {
  return row && { keyId: row.key_id, version: row.version }
}

function countUnreadable(old: readonly { kek_id: string; count: number }[]): Record<string, number> {
  return Object.fromEntries(old.map(({ kek_id, count }) => [kek_id, count]))
}

async function finish(tx: Queryable, deps: RotationDeps, { activeKey, rewrapped, unreadable }: RotationReport) {
  const changed = (await rewrapDeployment(tx, deps.keyring)) || rewrapped > 0
  if (!deps.by || !changed) return
  const left = Object.values(unreadable).reduce((sum, count) => sum + count, 0)
  const detail = { rewrapped, unreadable: left }
  await appendAudit(tx, deps, { org: '', ...deps.by, action: 'master_key.rotate', target: activeKey, detail })
}

/** The known text and the audit log's key are wrapped by the master key like everything else. */
async function rewrapDeployment(tx: Queryable, keyring: Keyring): Promise<boolean> {
  const row = await getDeployment(tx, 'for update')
  if (!row) return false
  const needed = [row.master_check, row.audit_key].some((envelope) => readKekId(envelope) !== keyring.active.id)
  if (!needed) return false
  await updateDeployment(tx, {
    master_check: rewrapEnvelope(keyring, masterCheckContext, row.master_check),
    audit_key: rewrapEnvelope(keyring, auditKeyContext, row.audit_key),
  })
  return true
}
