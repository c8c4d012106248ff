import type { Keyring, Secret } from '../crypto/index.ts'
import { openKey } from './open-key.ts'
import type { SealedKey } from './sealed-key.ts'

/** Opens keys for requests. */
export interface OpenKeys {
  /** @throws OwnkeyError `key_unreadable` */
  open(sealed: SealedKey): Secret
  close(): void
}

/** Longer than this no key stays open, however much it is used. */
const openForMs = 1_000

/**
 * Opens a key at the moment of sending and lets the requests of the same second share it: decrypting costs as much as all
 * else that a request needs of our own. What is open belongs to one sealed version, is forgotten once a second, and is
 * asked for again by every request, so a key that was removed or replaced is not sent because it was open.
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
