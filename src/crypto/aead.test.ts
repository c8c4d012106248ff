import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { open, seal, tagLength } from './aead.ts'
import wycheproof from './fixtures/wycheproof-aes-gcm.json' with { type: 'json' }

/** One known answer of AES-256-GCM with a 96-bit nonce; everything in hexadecimal. */
interface GcmVector {
  name: string
  key: string
  nonce: string
  context: string
  plaintext: string
  ciphertext: string
  tag: string
  valid: boolean
}

const case16 = {
  key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
  nonce: 'cafebabefacedbaddecaf888',
  context: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
  plaintext:
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  ciphertext:
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
  tag: '76fc6ece0f4e1768cddf8853bb2d551b',
}

const zeros = (bytes: number) => '00'.repeat(bytes)

/** Flips bits of the first or last byte of the tag. */
function changeTag(at: 'first' | 'last', mask: number): string {
  const tag = Buffer.from(case16.tag, 'hex')
  const index = at === 'first' ? 0 : tag.length - 1
  tag[index] = (tag[index] as number) ^ mask
  return tag.toString('hex')
}

/**
 * Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew and Viega), the ones with 256-bit keys, and
 * changed forms of case 16: a tag that is wrong in one bit, in all, or not there.
 */
const gcmVectors: readonly GcmVector[] = [
  {
    name: 'case 13, nothing at all',
    key: zeros(32),
    nonce: zeros(12),
    context: '',
    plaintext: '',
    ciphertext: '',
    tag: '530f8afbc74536b9a963b4f1c4cb738b',
    valid: true,
  },
  {
    name: 'case 14, one block of zeros',
    key: zeros(32),
    nonce: zeros(12),
    context: '',
    plaintext: zeros(16),
    ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
    valid: true,
  },
  {
    name: 'case 15, four blocks without context',
    key: case16.key,
    nonce: case16.nonce,
    context: '',
    plaintext: `${case16.plaintext}1aafd255`,
    ciphertext: `${case16.ciphertext}898015ad`,
    tag: 'b094dac5d93471bdec1a502270e3cc6c',
    valid: true,
  },
  { name: 'case 16, a broken block and context', ...case16, valid: true },
  { name: 'case 16 without its context', ...case16, context: '', valid: false },
  { name: 'first bit of the tag flipped', ...case16, tag: changeTag('first', 0x01), valid: false },
  { name: 'last bit of the tag flipped', ...case16, tag: changeTag('last', 0x80), valid: false },
  { name: 'a tag of zeros', ...case16, tag: zeros(16), valid: false },
  { name: 'a tag of ones', ...case16, tag: 'ff'.repeat(16), valid: false },
  { name: 'an empty tag', ...case16, tag: '', valid: false },
  { name: 'a tag of 8 bytes', ...case16, tag: case16.tag.slice(0, 16), valid: false },
  { name: 'another nonce', ...case16, nonce: zeros(12), valid: false },
  { name: 'a shorter ciphertext', ...case16, ciphertext: case16.ciphertext.slice(2), valid: false },
]

/** Every test of Wycheproof whose sizes are ours. */
const wycheproofVectors = wycheproof.tests.map((test) => {
  const [id, comment, key, nonce, context, plaintext, ciphertext, tag, result] = test as [number, ...string[]]
  return {
    name: `${id} ${comment}`,
    key,
    nonce,
    context,
    plaintext,
    ciphertext,
    tag,
    valid: result === 'valid',
  } as GcmVector
})

const hex = (text: string) => Buffer.from(text, 'hex')

describe('authenticated encryption', () => {
  const key = createSecretKey(randomBytes(32))
  const context = Buffer.from('context')

  it('gives back what was sealed', () => {
    for (const length of [0, 1, 15, 16, 17, 39, 4_096]) {
      const plaintext = randomBytes(length)
      expect(open(key, context, seal(key, context, plaintext)).equals(plaintext)).toBe(true)
    }
  })

  it('refuses every changed bit of nonce, ciphertext and tag', () => {
    const sealed = seal(key, context, Buffer.from('a secret of some length'))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => open(key, context, changed), `bit ${bit}`).toThrow()
    }
  })

  it('refuses tags of 0 to 15 bytes, and one byte too many', () => {
    const sealed = seal(key, context, Buffer.from('a secret of some length'))
    for (let length = 0; length < tagLength; length++) {
      expect(() => open(key, context, sealed.subarray(0, sealed.length - tagLength + length))).toThrow()
    }
    expect(() => open(key, context, Buffer.concat([sealed, Buffer.from([0])]))).toThrow()
    for (let length = 0; length < 28; length++) expect(() => open(key, context, sealed.subarray(0, length))).toThrow()
  })

  it('refuses another key and another context', () => {
    const sealed = seal(key, context, Buffer.from('secret'))
    expect(() => open(createSecretKey(randomBytes(32)), context, sealed)).toThrow()
    expect(() => open(key, Buffer.from('Context'), sealed)).toThrow()
    expect(() => open(key, Buffer.alloc(0), sealed)).toThrow()
  })

  it('knows all of Wycheproof’s tests of its sizes', () => {
    expect(wycheproofVectors).toHaveLength(66)
    expect(wycheproofVectors.filter(({ valid }) => !valid)).toHaveLength(27)
  })

  it.each([...gcmVectors, ...wycheproofVectors])('agrees with the published vector: $name', (vector) => {
    const sealed = Buffer.concat([hex(vector.nonce), hex(vector.ciphertext), hex(vector.tag)])
    const attempt = () => open(hex(vector.key), hex(vector.context), sealed).toString('hex')
    if (vector.valid) expect(attempt()).toBe(vector.plaintext)
    else expect(attempt).toThrow()
  })
})
