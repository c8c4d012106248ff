import type { Keyring } from '../crypto/index.ts'
import { listKeySecrets, type Queryable } from '../store/index.ts'
import { sealedKeyOf } from './key-context.ts'
import { openOuterLayer } from './outer-layer.ts'
import type { SealedKey } from './sealed-key.ts'

/** The current keys of an organization, sealed, without their outer layer. */
export async function loadSealedKeys(
  deps: { database: Queryable; keyring: Keyring },
  org: string,
): Promise<SealedKey[]> {
  return openOuterLayer(deps, (await listKeySecrets(deps.database, org)).map(sealedKeyOf))
}
