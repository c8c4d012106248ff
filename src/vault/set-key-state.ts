import type { AuditActor } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { getKeyById, type ProviderKeyRow, updateKeyRow } from '../store/index.ts'
import { changeKey } from './change-key.ts'
import type { VaultDeps } from './vault-deps.ts'

/**
 * Disables a key, which stays stored and serves nothing, or enables it again.
 * @throws OwnkeyError `key_unknown`, `org_unknown`
 */
export function setKeyState(
  deps: VaultDeps,
  input: { org: string; keyId: string; state: ProviderKeyRow['state']; by: AuditActor },
): Promise<ProviderKeyRow> {
  const { org, keyId, state, by } = input
  return changeKey(deps, input, async (tx) => {
    const before = await getKeyById(tx, { org, id: keyId }, 'for update')
    if (!before) throw new OwnkeyError('key_unknown')
    if (before.state === state) return { result: before }
    const row = await updateKeyRow(tx, keyId, { state, updated_by: by.actor.id })
    const { provider, environment } = before
    return {
      result: row as ProviderKeyRow,
      audit: {
        action: state === 'active' ? 'key.enable' : 'key.disable',
        target: keyId,
        detail: { provider, environment },
      },
      withdrawal: {
        kind: state === 'active' ? 'key_enabled' : 'key_disabled',
        target: keyId,
        version: before.version,
      },
    }
  })
}
