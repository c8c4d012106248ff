import { type CipherKey, createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'

/** AES-256-GCM with a random 96-bit nonce. A sealed text is nonce, ciphertext, tag. */
const algorithm = 'aes-256-gcm'

export const keyLength = 32
export const nonceLength = 12
export const tagLength = 16
/** How much longer a sealed text is than the plain one. */
export const sealOverhead = nonceLength + tagLength

/** Without the explicit length, Node accepts tags cut down to 4 bytes. */
const options = { authTagLength: tagLength } as const

/** Answers with nonce, ciphertext and tag in one buffer. */
export function seal(key: CipherKey, context: Uint8Array, plaintext: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafeSlow(sealOverhead + plaintext.length)
  const nonce = randomFillSync(sealed.subarray(0, nonceLength))
  const cipher = createCipheriv(algorithm, key, nonce, options)
  cipher.setAAD(context)
  sealed.set(cipher.update(plaintext), nonceLength)
  cipher.final()
  sealed.set(cipher.getAuthTag(), nonceLength + plaintext.length)
  return sealed
}

/**
 * The plaintext, handed out only after the tag was checked.
 * @throws Error when key, context or any bit of `sealed` is another than at sealing, or `sealed` is too short.
 */
export function open(key: CipherKey, context: Uint8Array, sealed: Uint8Array): Buffer {
  const tagAt = sealed.length - tagLength
  if (tagAt < nonceLength) throw new Error('sealed text is too short')
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceLength), options)
  decipher.setAAD(context)
  decipher.setAuthTag(sealed.subarray(tagAt))
  const plaintext = decipher.update(sealed.subarray(nonceLength, tagAt))
  try {
    decipher.final()
  } catch (error) {
    plaintext.fill(0)
    throw error
  }
  return plaintext
}
