import { sealNewAuditKey } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import {
  encodeContext,
  type Keyring,
  type MasterKey,
  openEnvelope,
  readKekId,
  Secret,
  sealEnvelope,
} from '../crypto/index.ts'
import { counted } from '../lib/index.ts'
import {
  checkTables,
  countSecretsByKek,
  type Database,
  type DeploymentRow,
  getDeployment,
  hasDeploymentTable,
  insertDeployment,
  type Queryable,
} from '../store/index.ts'

/** The additional authenticated data of the known text. */
export const masterCheckContext = encodeContext('master-check', [])
const knownText = 'This database belongs to the master key that opens this text.'

/**
 * Proves, without writing, that the master key is the one of this database. Called before migrations: with a wrong key
 * nothing at all is written. A database that is still empty fits every key.
 * @throws OwnkeyError `master_key_invalid` with a sentence that says which key is missing
 */
export async function verifyMasterKey({ database, keyring }: { database: Queryable; keyring: Keyring }): Promise<void> {
  if (!(await hasDeploymentTable(database))) return
  const deployment = await getDeployment(database)
  if (deployment) proveKnownText(deployment, keyring)
  const counts = await countSecretsByKek(database)
  const missing = counts.filter(({ kek_id }) => !keyring.byId.has(kek_id))
  if (missing.length > 0) throw keysMissing(missing)
}

/** Whether some master key belongs to this database already: then no new one fits it. */
export async function isUnderMasterKey(database: Queryable): Promise<boolean> {
  return (await hasDeploymentTable(database)) && (await getDeployment(database)) !== undefined
}

/**
 * Like `verifyMasterKey`, after the migrations: a new database gets its known text and the audit log's key.
 * @throws OwnkeyError `master_key_invalid`
 */
export async function checkMasterKey(deps: { database: Database; keyring: Keyring }): Promise<void> {
  const { database, keyring } = deps
  if (!(await getDeployment(database))) {
    await verifyMasterKey(deps)
    const fresh = {
      master_check: sealEnvelope(keyring, masterCheckContext, new Secret(knownText)),
      audit_key: sealNewAuditKey(keyring),
    }
    await insertDeployment(database, fresh)
  }
  // Last, because another server may have been first at any moment until now, with another key.
  await verifyMasterKey(deps)
}

/**
 * Proves in two small queries that the database answers, that the tables of requests may be read and that the master key still
 * opens what it sealed: what a node needs to serve.
 * @throws OwnkeyError `master_key_invalid`, `unavailable`
 */
export async function checkVaultOpens({ database, keyring }: { database: Queryable; keyring: Keyring }): Promise<void> {
  const [deployment] = await Promise.all([getDeployment(database), checkTables(database)])
  if (!deployment)
    throw new OwnkeyError('master_key_invalid', {
      detail: 'The database has lost the text that proves its master key.',
      fix: 'Put back a backup of the table "deployment": the audit log’s key is in it too.',
    })
  proveKnownText(deployment, keyring)
}

function proveKnownText({ master_check: check }: DeploymentRow, keyring: Keyring): void {
  if (opensKnownText(check, keyring)) return
  if ([...keyring.byId.values()].some(({ key }) => opensKnownText(check, onlyKey(idOf(check), key))))
    throw new OwnkeyError('master_key_invalid', {
      detail: `BYOK_ENCRYPTION_KEY holds the master key of this database, but not under its id, ${quoteId(check)}. Nothing was written.`,
      fix: `Write the id and a colon before the key: ${idOf(check)}:<the key>.`,
    })
  throw new OwnkeyError('master_key_invalid', {
    detail: `BYOK_ENCRYPTION_KEY is not the master key of this database, which needs the one with the id ${quoteId(check)}. Nothing was written.`,
    fix: 'Set BYOK_ENCRYPTION_KEY to the key that this database was used with (with the embedded database it stands in the data directory), or point the server to another database.',
  })
}

function keysMissing(missing: readonly { kek_id: string; count: number }[]): OwnkeyError {
  const list = missing.map(({ kek_id, count }) => `"${kek_id}" (${counted(count, 'stored key')})`).join(', ')
  return new OwnkeyError('master_key_invalid', {
    detail: `BYOK_ENCRYPTION_KEY lacks a master key that is still needed: ${list}. Nothing was written.`,
    fix: 'Add it behind the active one (id:base64,id:base64), start, and run "ownkey master-key rotate" before taking it away.',
  })
}

function opensKnownText(check: Uint8Array, keyring: Keyring): boolean {
  try {
    return openEnvelope(keyring, masterCheckContext, check).reveal() === knownText
  } catch (error) {
    if (error instanceof OwnkeyError) return false
    throw error
  }
}

function onlyKey(id: string, key: MasterKey['key']): Keyring {
  const active = { id, key }
  return { active, byId: new Map([[id, active]]) }
}

/** The id of the master key in an envelope; empty when it cannot be read. */
function idOf(envelope: Uint8Array): string {
  try {
    return readKekId(envelope)
  } catch {
    return ''
  }
}

function quoteId(envelope: Uint8Array): string {
  const id = idOf(envelope)
  return id === '' ? 'that cannot be read any more' : `"${id}"`
}
