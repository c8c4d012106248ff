import { type Keyring, openEnvelope, type Secret } from '../crypto/index.ts'
import { keyContext } from './key-context.ts'
import type { SealedKey } from './sealed-key.ts'

/** Bindings do not change, so their encoding is made once for a snapshot's key and not for each request. */
const contexts = new WeakMap<SealedKey, Buffer>()

/**
 * Opens a key at the moment of sending; about 8 µs. The outer layer, where there is one, is off already.
 * @throws OwnkeyError `key_unreadable`
 */
export function openKey(keyring: Keyring, sealed: SealedKey): Secret {
  let context = contexts.get(sealed)
  if (!context) {
    context = keyContext(sealed.binding)
    contexts.set(sealed, context)
  }
  return openEnvelope(keyring, context, sealed.envelope)
}
