import type { Database } from '../../store/index.ts'
import type { VaultDeps } from '../../vault/index.ts'
import type { ControlDeps } from '../deps.ts'

/** What the vault's verbs need, with the outer layer that the configuration asks for now. */
export function vaultDeps({ database, keyring, clock, inForce }: ControlDeps, within: Database = database): VaultDeps {
  return { database: within, keyring, clock, outerLayer: inForce().config.vault.outerLayer }
}
