/**
 * The vault: provider keys from the moment they are pasted to the moment they are sent. A key is checked as text, sealed
 * for its slot, version and host, kept apart from what the page shows, opened for one request at a time, and really gone
 * when it is removed. One verb a file; each takes what it depends on as one argument. Every change of a key raises its
 * organization's epoch and writes its audit row in the same transaction.
 *
 * What is taken out of service is also kept in a file outside the database, so that a database that was put back to an
 * older state is known and not served.
 */
export { type AcceptInput, acceptRestored } from './accept-restored.ts'
export { checkMasterKey, checkVaultOpens, isUnderMasterKey, verifyMasterKey } from './check-master-key.ts'
export { adviceOn, type InspectedKey, inspectKey } from './inspect-key.ts'
export { type KeepRecordOptions, type KeptRecord, keepRecord } from './keep-record.ts'
export { keyContext } from './key-context.ts'
export { loadSealedKeys } from './load-sealed-keys.ts'
export { type MaskedForm, maskKey } from './mask-key.ts'
export { noteSeen } from './note-seen.ts'
export { openKey } from './open-key.ts'
export { createOpenKeys, type OpenKeys } from './open-keys.ts'
export { ensureOuterLayer, type OuterLayer, openOuterLayer } from './outer-layer.ts'
export { type PutKeyInput, putKey } from './put-key.ts'
export { type KeyTestResult, recordTest } from './record-test.ts'
export { type RemoveKeyInput, removeKey } from './remove-key.ts'
export { dropExpiredVersions, restoreKey } from './restore-key.ts'
export { type CameBack, checkNotRestored, compareWithRecord, type RestoredReport } from './restored-database.ts'
export { type RotationReport, rotateMasterKey } from './rotate-master-key.ts'
export type { KeyBinding, SealedKey } from './sealed-key.ts'
export { setKeyState } from './set-key-state.ts'
export { touchLastUsed } from './touch-last-used.ts'
export { type KeySettings, type UpdateKeyInput, updateKey } from './update-key.ts'
export type { VaultDeps } from './vault-deps.ts'
