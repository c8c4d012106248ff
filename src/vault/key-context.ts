import { encodeContext } from '../crypto/index.ts'
import type { KeySecretRow } from '../store/index.ts'
import type { KeyBinding, SealedKey } from './sealed-key.ts'

/** The additional authenticated data of a key's ciphertext: every field of the binding. The order must never change. */
export function keyContext(binding: KeyBinding): Buffer {
  return encodeContext('provider-key', [
    binding.org,
    binding.holder,
    binding.user,
    binding.provider,
    binding.environment,
    binding.keyId,
    binding.version,
    binding.origin,
  ])
}

/** A stored ciphertext with the binding that its row claims. If the row was tampered with, opening it fails. */
export function sealedKeyOf(row: KeySecretRow): SealedKey {
  return {
    binding: {
      org: row.org_id,
      holder: row.holder,
      user: row.user_id,
      provider: row.provider,
      environment: row.environment,
      keyId: row.key_id,
      version: row.version,
      origin: row.origin,
    },
    envelope: row.envelope,
  }
}
