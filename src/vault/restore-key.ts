import type { AuditActor } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import {
  deleteExpiredSecrets,
  getKeyById,
  getRestorable,
  type ProviderKeyRow,
  type Queryable,
  type RestorableRow,
  updateKeyRow,
} from '../store/index.ts'
import { changeKey } from './change-key.ts'
import { sealedKeyOf } from './key-context.ts'
import { openKey } from './open-key.ts'
import { openOuterLayer } from './outer-layer.ts'
import { sealKey } from './seal-key.ts'
import type { VaultDeps } from './vault-deps.ts'

interface RestoreKey {
  org: string
  keyId: string
  by: AuditActor
  /** Throws where the version before must not come back: nothing is changed then. */
  check?(before: RestorableRow['kept']): void
}

/**
 * Puts the version before the last replacement back into use, as a new version with what was said of it then. The one that
 * it takes the place of is gone.
 * @throws OwnkeyError `key_unknown` when there is no such key, `nothing_to_restore` when the time is over or there was none
 */
export function restoreKey(deps: VaultDeps, input: RestoreKey): Promise<ProviderKeyRow> {
  const { org, keyId, by, check } = input
  return changeKey(deps, input, async (tx) => {
    const before = await getKeyById(tx, { org, id: keyId }, 'for update')
    if (!before) throw new OwnkeyError('key_unknown')
    const old = await getRestorable(tx, { keyId, now: new Date(deps.clock.now()) })
    if (!old) throw new OwnkeyError('nothing_to_restore')
    check?.(old.kept)
    const [sealed] = await openOuterLayer({ database: tx, keyring: deps.keyring }, [sealedKeyOf(old)])
    if (!sealed) throw new OwnkeyError('key_unreadable')
    const secret = openKey(deps.keyring, sealed)
    const version = before.version + 1
    const columns = { ...old.kept, version, state: 'active' as const, status_class: null, updated_by: by.actor.id }
    const row = (await updateKeyRow(tx, keyId, columns)) as ProviderKeyRow
    await sealKey(tx, deps, { secret, binding: { ...sealed.binding, version, origin: row.origin } })
    const { provider, environment, holder, user_id: user, hint } = row
    const whose = { provider, environment, holder, user }
    const detail = { ...whose, version, hint, restored: old.version, hintBefore: before.hint }
    const withdrawal = { kind: 'key_version' as const, target: keyId, version: before.version }
    return { result: row, audit: { action: 'key.restore', target: keyId, detail }, withdrawal }
  })
}

/** Takes away the replaced versions whose time to be restored is over. @returns how many */
export function dropExpiredVersions(database: Queryable, now: number = Date.now()): Promise<number> {
  return deleteExpiredSecrets(database, new Date(now))
}
