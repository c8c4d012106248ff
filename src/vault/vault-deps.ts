import type { Keyring } from '../crypto/index.ts'
import type { Clock } from '../lib/index.ts'
import type { Database } from '../store/index.ts'
import type { OuterLayer } from './outer-layer.ts'

/** What the vault's verbs depend on. */
export interface VaultDeps {
  database: Database
  keyring: Keyring
  clock: Pick<Clock, 'now'>
  /** The configuration's `vault.outerLayer`; absent: none. Applies to what is written from now on. */
  outerLayer?: OuterLayer | undefined
}
