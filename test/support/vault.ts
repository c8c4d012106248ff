/** A vault on either database with what its suites need: organizations, slots, keys put in and read back. */
import type { AuditActor } from '../../src/audit/index.ts'
import { generateMasterKey, parseKeyring, Secret } from '../../src/crypto/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { getOrganization, type KeySlot, type ProviderKeyRow, upsertOrganization } from '../../src/store/index.ts'
import { checkMasterKey, loadSealedKeys, openKey, putKey, type VaultDeps } from '../../src/vault/index.ts'
import { canaryVaultKey } from './canary.ts'
import { type DatabaseKind, type OpenTestDatabase, openTestDatabase } from './databases.ts'

export { canaryVaultKey as canaryKey }
export const by: AuditActor = { actor: { kind: 'member', id: 'u-1', name: 'Ada' }, ip: '192.0.2.1' }
export const masked = { hint: 'sk-...wxyz', last4: 'wxyz' }
export const host = { origin: 'https://api.openai.com', custom: false }

export interface TestVault {
  opened: OpenTestDatabase
  deps: VaultDeps
  /** A slot of an organization that exists: a new one, unless named. */
  newSlot(change?: Partial<KeySlot>): Promise<KeySlot>
  put(slot: KeySlot, text?: string, change?: Partial<VaultDeps>): Promise<ProviderKeyRow>
  /** The secrets of all keys of an organization. */
  openAll(org: string): Promise<string[]>
  epochOf(org: string): Promise<number>
}

export async function openTestVault(kind: DatabaseKind): Promise<TestVault> {
  const opened = await openTestDatabase(kind)
  const { database } = opened
  const deps: VaultDeps = { database, keyring: parseKeyring(generateMasterKey()), clock: systemClock }
  await checkMasterKey(deps)
  let count = 0
  return {
    opened,
    deps,
    async newSlot(change = {}) {
      const org = change.org ?? `org-${++count}`
      await upsertOrganization(database, org, {
        name: org,
        plan: 'standard',
        addOns: [],
        byokEnabled: null,
        locale: null,
      })
      return { org, holder: 'organization', user: '', provider: 'openai', environment: 'production', ...change }
    },
    put: (slot, text = canaryVaultKey, change = {}) =>
      putKey({ ...deps, ...change }, { slot, secret: new Secret(text), masked, host, by }),
    openAll: async (org) =>
      (await loadSealedKeys(deps, org)).map((sealed) => openKey(deps.keyring, sealed).reveal()).sort(),
    epochOf: async (org) => (await getOrganization(database, org))?.epoch ?? 0,
  }
}
