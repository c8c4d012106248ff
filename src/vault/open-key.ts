import type { KeyObject } from 'node:crypto'
import { type Keyring, openWithDataKey, type Secret, unwrapDataKey } from '../crypto/index.ts'
import { keyContext } from './key-context.ts'
import type { SealedKey } from './sealed-key.ts'

/** The unwrapped data key, kept with the sealed key, so that a request decrypts once and not twice. */
interface Prepared {
  keyring: Keyring
  context: Buffer
  dataKey: KeyObject
}

const prepared = new WeakMap<SealedKey, Prepared>()

/**
 * Opens a key at the moment of sending; about 4 µs once its data key is unwrapped. The outer layer, where there is one, is
 * off already.
 * @throws OwnkeyError `key_unreadable`
 */
export function openKey(keyring: Keyring, sealed: SealedKey): Secret {
  let known = prepared.get(sealed)
  if (known?.keyring !== keyring) {
    const context = keyContext(sealed.binding)
    known = { keyring, context, dataKey: unwrapDataKey(keyring, context, sealed.envelope) }
    prepared.set(sealed, known)
  }
  return openWithDataKey(known.dataKey, known.context, sealed.envelope)
}
