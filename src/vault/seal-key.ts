import { type Secret, sealEnvelope } from '../crypto/index.ts'
import { type KeptVersion, type Queryable, replaceKeySecret } from '../store/index.ts'
import { keyContext } from './key-context.ts'
import { addOuterLayer } from './outer-layer.ts'
import type { KeyBinding } from './sealed-key.ts'
import type { VaultDeps } from './vault-deps.ts'

/** Seals a secret for its binding and stores it in place of every older version, except one that is kept for restoring. */
export async function sealKey(
  tx: Queryable,
  deps: VaultDeps,
  key: { binding: KeyBinding; secret: Secret; kept?: KeptVersion | undefined },
): Promise<void> {
  const { binding, secret, kept } = key
  const envelope = sealEnvelope(deps.keyring, keyContext(binding), secret)
  const stored = {
    keyId: binding.keyId,
    version: binding.version,
    envelope: deps.outerLayer === 'pgcrypto' ? await addOuterLayer(tx, deps.keyring, { binding, envelope }) : envelope,
    kekId: deps.keyring.active.id,
  }
  await replaceKeySecret(tx, stored, kept)
}
