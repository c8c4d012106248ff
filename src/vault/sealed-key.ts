/** The slot and version that a ciphertext is bound to. Every field is part of the additional authenticated data. */
export interface KeyBinding {
  org: string
  holder: 'organization' | 'user'
  /** Empty for an organization's key. */
  user: string
  provider: string
  environment: string
  keyId: string
  version: number
  /** The origin that the key may be sent to. */
  origin: string
}

/** A ciphertext with what it takes to open it. Safe to cache: it is useless without the master key. */
export interface SealedKey {
  binding: KeyBinding
  envelope: Uint8Array
}
