import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { OwnkeyError } from '../contract/index.ts'
import { encodeContext, type Keyring, openEnvelopeBytes, sealEnvelope } from '../crypto/index.ts'
import type { Queryable } from '../store/index.ts'

/** The additional authenticated data of the audit log's key. */
export const auditKeyContext = encodeContext('audit-key', [])

const keyBytes = 32

/** A new key for the audit log's MACs, sealed under the master key. It never changes: old rows depend on it. */
export function sealNewAuditKey(keyring: Keyring): Buffer {
  const key = randomBytes(keyBytes)
  const sealed = sealEnvelope(keyring, auditKeyContext, key)
  key.fill(0)
  return sealed
}

/** @throws OwnkeyError `internal` before the deployment is set up, `key_unreadable` with another master key. */
export async function readAuditKey(queryable: Queryable, keyring: Keyring): Promise<KeyObject> {
  const [row] = await queryable.query<{ audit_key: Uint8Array }>('select audit_key from deployment')
  if (!row)
    throw new OwnkeyError('internal', { detail: 'The audit log has no key yet.', fix: 'Start the server once.' })
  const bytes = openEnvelopeBytes(keyring, auditKeyContext, row.audit_key)
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}
