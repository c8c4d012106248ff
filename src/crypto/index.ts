/**
 * Bytes to bytes: authenticated encryption, the ring of master keys, the envelope in which every secret is stored, and
 * the type that keeps an open secret from being printed. Knows nothing of organizations or keys: what a ciphertext is
 * bound to comes in as a context, an unambiguous encoding made by `encodeContext`.
 */
export { encodeContext } from './context.ts'
export {
  openEnvelope,
  openEnvelopeBytes,
  openWithDataKey,
  readKekId,
  rewrapEnvelope,
  sealEnvelope,
  unwrapDataKey,
} from './envelope.ts'
export { isSecret } from './is-secret.ts'
export { generateMasterKey, type Keyring, type MasterKey, parseKeyring } from './keyring.ts'
export { outerPassphrase } from './outer-passphrase.ts'
export { Secret } from './secret.ts'
