import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { parseKeyring, Secret, sealEnvelope } from '../crypto/index.ts'
import { keyContext } from './key-context.ts'
import { createOpenKeys } from './open-keys.ts'
import type { SealedKey } from './sealed-key.ts'

const keyring = parseKeyring(randomBytes(32).toString('base64'))

function seal(text: string, keyId: string): SealedKey {
  const binding = {
    org: 'acme',
    holder: 'organization' as const,
    user: '',
    provider: 'openai',
    environment: 'production',
    keyId,
    version: 1,
    origin: 'https://api.openai.com',
  }
  return { binding, envelope: sealEnvelope(keyring, keyContext(binding), new Secret(text)) }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('keys that are open', () => {
  test('are shared by the requests of a second, each sealed version for itself', () => {
    const keys = createOpenKeys(keyring)
    const [one, other] = [seal('sk-one', 'k1'), seal('sk-other', 'k2')]
    expect(keys.open(one)).toBe(keys.open(one))
    expect(keys.open(one).reveal()).toBe('sk-one')
    expect(keys.open(other).reveal()).toBe('sk-other')
    keys.close()
  })

  test('are closed again after a second, however much they are used', () => {
    vi.useFakeTimers()
    const keys = createOpenKeys(keyring)
    const sealed = seal('sk-one', 'k1')
    const first = keys.open(sealed)
    vi.advanceTimersByTime(999)
    expect(keys.open(sealed)).toBe(first)
    vi.advanceTimersByTime(1)
    const second = keys.open(sealed)
    expect(second).not.toBe(first)
    expect(second.reveal()).toBe('sk-one')
    keys.close()
  })

  test('do not hide that an envelope cannot be opened', () => {
    const keys = createOpenKeys(keyring)
    const sealed = seal('sk-one', 'k1')
    const moved = { ...sealed, binding: { ...sealed.binding, org: 'other' } }
    keys.open(sealed)
    expect(() => keys.open(moved)).toThrow(/cannot be decrypted/)
    keys.close()
  })
})
