import type { AuditActor } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { deleteKeyRow, getKeyById } from '../store/index.ts'
import { changeKey } from './change-key.ts'
import type { VaultDeps } from './vault-deps.ts'

export interface RemoveKeyInput {
  org: string
  keyId: string
  /** As the audit log calls it: a key that is no longer wanted, or one that must not be used any more. */
  action?: 'key.clear' | 'key.revoke' | undefined
  by: AuditActor
}

/**
 * Removes a key: its rows are gone, every version's ciphertext and all; the audit log remembers that there was one.
 * @throws OwnkeyError `key_unknown`, `org_unknown`
 */
export function removeKey(deps: VaultDeps, input: RemoveKeyInput): Promise<void> {
  return changeKey(deps, input, async (tx) => {
    const key = await getKeyById(tx, { org: input.org, id: input.keyId }, 'for update')
    if (!key) throw new OwnkeyError('key_unknown')
    await deleteKeyRow(tx, key.id)
    const { provider, environment, holder, user_id: user, version, hint } = key
    return {
      result: undefined,
      audit: {
        action: input.action ?? 'key.clear',
        target: key.id,
        detail: { provider, environment, holder, user, version, hint },
      },
      withdrawal: { kind: 'key_version', target: key.id, version },
    }
  })
}
