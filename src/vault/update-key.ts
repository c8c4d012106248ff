import type { AuditActor } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { getKeyById, type ProviderKeyChanges, type ProviderKeyRow, updateKeyRow } from '../store/index.ts'
import { changeKey } from './change-key.ts'
import type { VaultDeps } from './vault-deps.ts'

/** A key's settings, without the key itself. Undefined: unchanged; null: cleared. */
export interface KeySettings {
  scope?: string | undefined
  model?: string | null | undefined
  fallback?: boolean | null | undefined
  label?: string | null | undefined
  owner?: string | null | undefined
  /** `YYYY-MM-DD` */
  rotateBy?: string | null | undefined
  baseUrl?: string | null | undefined
  region?: string | null | undefined
}

export interface UpdateKeyInput {
  org: string
  keyId: string
  settings: KeySettings
  /** The origin that follows from the new base URL or region; absent: neither is touched. */
  origin?: string | undefined
  by: AuditActor
}

const columns = {
  scope: 'scope',
  model: 'model',
  fallback: 'fallback',
  label: 'label',
  owner: 'owner',
  rotateBy: 'rotate_by',
  baseUrl: 'base_url',
  region: 'region',
} as const satisfies Record<keyof KeySettings, keyof ProviderKeyChanges>

/** The given settings as columns; undefined ones are left out. */
export function settingColumns(settings: KeySettings): ProviderKeyChanges {
  const given = Object.entries(columns).filter(([name]) => settings[name as keyof KeySettings] !== undefined)
  return Object.fromEntries(given.map(([name, column]) => [column, settings[name as keyof KeySettings]]))
}

/**
 * Changes a key's settings; the key itself, its version and its host stay.
 * @throws OwnkeyError `key_unknown`, `org_unknown`; `key_required` when the host would be another, because the ciphertext
 *   is bound to it
 */
export function updateKey(deps: VaultDeps, input: UpdateKeyInput): Promise<ProviderKeyRow> {
  return changeKey(deps, input, async (tx) => {
    const before = await getKeyById(tx, { org: input.org, id: input.keyId }, 'for update')
    if (!before) throw new OwnkeyError('key_unknown')
    if (input.origin !== undefined && input.origin !== before.origin) throw new OwnkeyError('key_required')
    const wanted = settingColumns(input.settings)
    const changed = Object.entries(wanted).filter(([column, value]) => before[column as keyof ProviderKeyRow] !== value)
    if (changed.length === 0) return { result: before }
    const row = await updateKeyRow(tx, before.id, { ...Object.fromEntries(changed), updated_by: input.by.actor.id })
    const changes = Object.fromEntries(
      changed.map(([column, to]) => [column, { from: before[column as keyof ProviderKeyRow], to }]),
    )
    const { provider, environment } = before
    return {
      result: row as ProviderKeyRow,
      audit: { action: 'key.update', target: before.id, detail: { provider, environment, changes } },
    }
  })
}
