import type { Keyring, Secret } from '../crypto/index.ts'
import { openKey } from './open-key.ts'
import type { SealedKey } from './sealed-key.ts'

/** Opens keys for requests. */
export interface OpenKeys {
  /** @throws OwnkeyError `key_unreadable` */
  open(sealed: SealedKey): Secret
  close(): void
}

/** No key stays open longer than this, however much it is used. */
const openForMs = 1_000

/**
 * Opens a key at the moment of sending and lets the requests of the same second share it, because decrypting costs as much as all
 * the rest of a request's work here. An open key belongs to one sealed version and is forgotten every second. Each request looks
 * its sealed key up anew, so one that was removed or replaced is not sent just because it is still open.
 */
export function createOpenKeys(keyring: Keyring): OpenKeys {
  const opened = new Map<SealedKey, Secret>()
  const closing = setInterval(() => opened.clear(), openForMs).unref()
  return {
    open(sealed) {
      let secret = opened.get(sealed)
      if (secret === undefined) {
        secret = openKey(keyring, sealed)
        opened.set(sealed, secret)
      }
      return secret
    },
    close() {
      clearInterval(closing)
      opened.clear()
    },
  }
}
