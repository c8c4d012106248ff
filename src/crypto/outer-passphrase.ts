import { hkdfSync } from 'node:crypto'
import { OwnkeyError } from '../contract/index.ts'
import type { Keyring } from './keyring.ts'

const passphraseBytes = 32
const salt = Buffer.from('ownkey/outer-layer/1')

/**
 * The passphrase of one row's outer layer, which PostgreSQL adds around an envelope that is sealed already. Each row and key version
 * has its own. It may show up in the database's log, where it is of no use: the envelope inside still needs the master key.
 * @throws OwnkeyError `key_unreadable` when the ring does not have the master key.
 */
export function outerPassphrase(keyring: Keyring, kekId: string, context: Uint8Array): string {
  const master = keyring.byId.get(kekId)
  if (!master) throw new OwnkeyError('key_unreadable')
  // The digest-sized info is the context itself: HKDF binds its length.
  return Buffer.from(hkdfSync('sha256', master.key, salt, context, passphraseBytes)).toString('base64')
}
