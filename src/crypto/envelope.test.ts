import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startChild } from '../../test/support/child.ts'
import { OwnkeyError } from '../contract/index.ts'
import { encodeContext } from './context.ts'
import { openEnvelope, openEnvelopeBytes, readKekId, rewrapEnvelope, sealEnvelope, unwrapDataKey } from './envelope.ts'
import { generateMasterKey, parseKeyring } from './keyring.ts'
import { outerPassphrase } from './outer-passphrase.ts'
import { Secret } from './secret.ts'

const oldKey = generateMasterKey()
const newKey = generateMasterKey()
const ring = parseKeyring(`old:${oldKey}`)
const bothRings = parseKeyring(`new:${newKey},old:${oldKey}`)
const context = encodeContext('key', ['acme', 'organization', '', 'openai', 1])
const secret = new Secret('sk-canary-1234567890')

function refusal(attempt: () => unknown): OwnkeyError {
  try {
    attempt()
  } catch (error) {
    return error as OwnkeyError
  }
  throw new Error('was opened')
}

describe('the envelope', () => {
  it('gives back the secret that it sealed, of any length and alphabet', () => {
    for (const text of ['x', 'sk-1234', 'ключ-€-鍵', 'k'.repeat(10_000)]) {
      expect(openEnvelope(ring, context, sealEnvelope(ring, context, new Secret(text))).reveal()).toBe(text)
    }
    const bytes = randomBytes(32)
    expect(openEnvelopeBytes(ring, context, sealEnvelope(ring, context, bytes)).equals(bytes)).toBe(true)
  })

  it('opens from any view of bytes, as the driver or a cache may give it', () => {
    const envelope = sealEnvelope(ring, context, secret)
    expect(openEnvelope(ring, Uint8Array.from(context), Uint8Array.from(envelope)).reveal()).toBe(secret.reveal())
  })

  it('holds something: an empty secret is refused', () => {
    for (const empty of [new Secret(''), Buffer.alloc(0)])
      expect(() => sealEnvelope(ring, context, empty)).toThrow(/empty/)
  })

  it('never contains the secret and is another each time', () => {
    const first = sealEnvelope(ring, context, secret)
    const second = sealEnvelope(ring, context, secret)
    expect(first.includes(secret.reveal())).toBe(false)
    // Only the head, which names format and master key, is the same: data keys, nonces and texts are fresh.
    expect(first.subarray(7).equals(second.subarray(7))).toBe(false)
    expect(first.subarray(7, 19).equals(second.subarray(7, 19))).toBe(false)
  })

  it('refuses every flipped bit with one error that tells nothing', () => {
    const envelope = sealEnvelope(ring, context, secret)
    for (let bit = 0; bit < envelope.length * 8; bit++) {
      const changed = Buffer.from(envelope)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      const error = refusal(() => openEnvelope(bothRings, context, changed))
      expect(error, `bit ${bit}`).toBeInstanceOf(OwnkeyError)
      expect([error.code, error.message, error.cause]).toEqual([
        'key_unreadable',
        'The stored key cannot be decrypted.',
        undefined,
      ])
    }
  })

  it('refuses every truncation and every extension', () => {
    const envelope = sealEnvelope(ring, context, secret)
    for (let length = 0; length < envelope.length; length++) {
      expect(refusal(() => openEnvelope(ring, context, envelope.subarray(0, length))).code).toBe('key_unreadable')
    }
    for (const tail of [1, 16, 60]) {
      expect(refusal(() => openEnvelope(ring, context, Buffer.concat([envelope, Buffer.alloc(tail)]))).code).toBe(
        'key_unreadable',
      )
    }
  })

  it('refuses anything that is not an envelope', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(refusal(() => openEnvelope(ring, context, bytes)).code).toBe('key_unreadable')
        expect(
          refusal(() => openEnvelope(ring, context, Buffer.concat([Buffer.from('OK\u0001\u0003old'), bytes]))).code,
        ).toBe('key_unreadable')
      }),
    )
  })

  it('refuses parts of two envelopes put together', () => {
    const a = sealEnvelope(ring, context, secret)
    const b = sealEnvelope(ring, context, new Secret('sk-other-12345678901'))
    const headAndKey = 3 + 1 + 3 + 60
    expect(
      refusal(() => openEnvelope(ring, context, Buffer.concat([a.subarray(0, headAndKey), b.subarray(headAndKey)])))
        .code,
    ).toBe('key_unreadable')
  })

  it('refuses another master key, also one of the same id', () => {
    const envelope = sealEnvelope(ring, context, secret)
    expect(refusal(() => openEnvelope(parseKeyring(`old:${newKey}`), context, envelope)).code).toBe('key_unreadable')
    expect(refusal(() => openEnvelope(parseKeyring(`new:${newKey}`), context, envelope)).code).toBe('key_unreadable')
  })

  it('refuses a context that is another by the bytes that part two fields', () => {
    const field = Buffer.from('s\0\0\0\0')
    const joined = encodeContext('key', [`a${field}b`])
    const envelope = sealEnvelope(ring, encodeContext('key', ['a', 'b']), secret)
    expect(refusal(() => openEnvelope(ring, joined, envelope)).code).toBe('key_unreadable')
  })

  it('binds the wrapping by itself: to the context, and to the master key’s id', () => {
    const envelope = sealEnvelope(ring, context, secret)
    expect(refusal(() => unwrapDataKey(ring, encodeContext('key', ['evil']), envelope)).code).toBe('key_unreadable')
    const renamed = Buffer.from(envelope)
    renamed.write('odd', 4)
    expect(refusal(() => openEnvelope(parseKeyring(`odd:${oldKey}`), context, renamed)).code).toBe('key_unreadable')
  })

  it('changes only the wrapping when it rewraps, and opens before and after', () => {
    const before = sealEnvelope(ring, context, secret)
    const after = rewrapEnvelope(bothRings, context, before)
    expect([readKekId(before), readKekId(after)]).toEqual(['old', 'new'])
    expect(after.subarray(-48).equals(before.subarray(-48))).toBe(true)
    expect(after.subarray(7, 67).equals(before.subarray(7, 67))).toBe(false)
    for (const envelope of [before, after])
      expect(openEnvelope(bothRings, context, envelope).reveal()).toBe(secret.reveal())
    expect(openEnvelope(parseKeyring(`new:${newKey}`), context, after).reveal()).toBe(secret.reveal())
    expect(refusal(() => openEnvelope(ring, context, after)).code).toBe('key_unreadable')
  })

  it('does not rewrap a damaged envelope or one of another context', () => {
    const envelope = sealEnvelope(ring, context, secret)
    const damaged = Buffer.from(envelope)
    damaged[damaged.length - 1]! ^= 1
    expect(refusal(() => rewrapEnvelope(bothRings, context, damaged)).code).toBe('key_unreadable')
    expect(refusal(() => rewrapEnvelope(bothRings, encodeContext('key', ['evil']), envelope)).code).toBe(
      'key_unreadable',
    )
  })

  it('draws every nonce anew, in several processes at once', async () => {
    const processes = 4
    const each = 25_000
    const children = Array.from({ length: processes }, () => startChild('seal-many', [String(each)]))
    await Promise.all(children.map(({ ended }) => ended))
    expect(new Set(children.flatMap(({ lines }) => lines)).size).toBe(processes * each)
  })
})

describe('the context', () => {
  it('has other bytes for every other list', () => {
    const field = fc.oneof(fc.string({ maxLength: 6 }), fc.nat(300))
    fc.assert(
      fc.property(fc.array(field, { maxLength: 5 }), fc.array(field, { maxLength: 5 }), (a, b) => {
        expect(encodeContext('p', a).equals(encodeContext('p', b))).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
      { numRuns: 2_000 },
    )
    expect(encodeContext('p', ['ab', 'c']).equals(encodeContext('p', ['a', 'bc']))).toBe(false)
    expect(encodeContext('p', ['1']).equals(encodeContext('p', [1]))).toBe(false)
    expect(encodeContext('pa', []).equals(encodeContext('p', ['a']))).toBe(false)
    expect(encodeContext('p', ['a']).equals(encodeContext('q', ['a']))).toBe(false)
  })
})

describe('the outer layer’s passphrase', () => {
  it('is the same for one row, another for each context and master key, and not the master key', () => {
    const other = encodeContext('key', ['acme', 'organization', '', 'openai', 2])
    const passphrase = outerPassphrase(ring, 'old', context)
    expect(outerPassphrase(bothRings, 'old', context)).toBe(passphrase)
    const all = [
      passphrase,
      outerPassphrase(ring, 'old', other),
      outerPassphrase(bothRings, 'new', context),
      oldKey,
      newKey,
    ]
    expect(new Set(all).size).toBe(5)
    expect(refusal(() => outerPassphrase(ring, 'gone', context)).code).toBe('key_unreadable')
  })
})
