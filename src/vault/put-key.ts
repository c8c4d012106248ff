import type { AuditActor } from '../audit/index.ts'
import type { KeyStatus } from '../contract/index.ts'
import type { Secret } from '../crypto/index.ts'
import { randomBase62 } from '../lib/index.ts'
import {
  getKeyInSlot,
  insertKey,
  type KeptColumns,
  type KeySlot,
  type ProviderKeyRow,
  type Queryable,
  updateKeyRow,
} from '../store/index.ts'
import { changeKey, type KeyChange } from './change-key.ts'
import type { MaskedForm } from './mask-key.ts'
import { sealKey } from './seal-key.ts'
import { type KeySettings, settingColumns } from './update-key.ts'
import type { VaultDeps } from './vault-deps.ts'

export interface PutKeyInput {
  slot: KeySlot
  secret: Secret
  /** From `maskKey`. */
  masked: MaskedForm
  /** The origin that the key is bound to, and whether the customer named it. */
  host: { origin: string; custom: boolean }
  /** What is undefined stays as it was, or is empty in a new key. */
  settings?: KeySettings | undefined
  /** What the test before saving said; absent: not tested. */
  test?: { status: KeyStatus; result: Readonly<Record<string, unknown>> } | undefined
  /** How long the version before can be restored; absent or 0: its ciphertext is gone at once. */
  keepHours?: number | undefined
  by: AuditActor
}

const hourMs = 3_600_000
const idLength = 22

/**
 * Puts a key into its slot. Where one is already, it becomes a new version of the same key, and the old ciphertext is gone
 * unless it is to be kept for a while; a disabled key becomes active.
 * @throws OwnkeyError `org_unknown`, `unavailable`
 */
export function putKey(deps: VaultDeps, input: PutKeyInput): Promise<ProviderKeyRow> {
  return changeKey(deps, { org: input.slot.org, by: input.by }, async (tx) => {
    const before = await getKeyInSlot(tx, input.slot, 'for update')
    const row = before ? await replace(tx, input, before) : await create(tx, input)
    const { slot, secret, host, keepHours = 0 } = input
    const kept = before && keepHours > 0 ? { columns: keptColumns(before), until: until(deps, keepHours) } : undefined
    const binding = { ...slot, keyId: row.id, version: row.version, origin: host.origin }
    await sealKey(tx, deps, { secret, binding, kept })
    return describe(row, before)
  })
}

function until({ clock }: VaultDeps, hours: number): Date {
  return new Date(clock.now() + hours * hourMs)
}

function keptColumns(row: ProviderKeyRow): KeptColumns {
  const { hint, last4, origin, custom_host, base_url, region, scope, model, status, last_test, rotate_by } = row
  return { hint, last4, origin, custom_host, base_url, region, scope, model, status, last_test, rotate_by }
}

function describe(row: ProviderKeyRow, before: ProviderKeyRow | undefined): KeyChange<ProviderKeyRow> {
  const { provider, environment, holder, user_id: user, version, hint, origin } = row
  return {
    result: row,
    audit: {
      action: before ? 'key.replace' : 'key.set',
      target: row.id,
      detail: {
        provider,
        environment,
        holder,
        user,
        version,
        hint,
        origin,
        ...(before ? { hintBefore: before.hint } : {}),
      },
    },
    withdrawal: before && { kind: 'key_version', target: row.id, version: before.version },
  }
}

function create(tx: Queryable, input: PutKeyInput): Promise<ProviderKeyRow> {
  const { slot, by } = input
  return insertKey(tx, {
    id: `key_${randomBase62(idLength)}`,
    org_id: slot.org,
    holder: slot.holder,
    user_id: slot.user,
    provider: slot.provider,
    environment: slot.environment,
    version: 1,
    base_url: null,
    region: null,
    scope: 'all',
    model: null,
    fallback: null,
    label: null,
    owner: null,
    rotate_by: null,
    created_by: by.actor.id,
    ...secretColumns(input),
  })
}

async function replace(tx: Queryable, input: PutKeyInput, before: ProviderKeyRow): Promise<ProviderKeyRow> {
  const row = await updateKeyRow(tx, before.id, { version: before.version + 1, ...secretColumns(input) })
  return row as ProviderKeyRow
}

/** What comes with a new secret, in a new key as in a replaced one. */
function secretColumns({ masked, host, settings, test, by }: PutKeyInput) {
  return {
    state: 'active' as const,
    hint: masked.hint,
    last4: masked.last4,
    origin: host.origin,
    custom_host: host.custom,
    status: test?.status ?? ('unverified' as const),
    status_class: null,
    last_test: test?.result ?? null,
    updated_by: by.actor.id,
    ...settingColumns(settings ?? {}),
  }
}
