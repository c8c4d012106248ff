import { describe, expect, it } from 'vitest'
import { generateMasterKey, parseKeyring } from '../../crypto/index.ts'
import { createAddressPasses } from './address-passes.ts'

const address = 'gemini/upload/v1beta/files?upload_id=1'
const holder = { token: 'okt_canary', org: 'acme' }
const [first, second] = [generateMasterKey(), generateMasterKey()]
const ring = (...keys: string[]) =>
  parseKeyring(keys.map((key, at) => `${key === first ? 'a' : `b${at}`}:${key}`).join(','))

describe('the pass of an address', () => {
  it('gives its holder back, on every node and after the master key was rotated', () => {
    const pass = createAddressPasses(ring(first)).issue(holder, address)
    expect(createAddressPasses(ring(second, first)).open(pass, address)).toEqual(holder)
    expect(pass).toMatch(/^okp_[\w-]+$/)
    expect(Buffer.from(pass.slice(4), 'base64url').toString('latin1')).not.toContain('canary')
  })

  it.each([
    ['another address', (pass: string) => [pass, `${address}2`]],
    [
      'a changed letter',
      (pass: string) => [`${pass.slice(0, -3)}${pass.at(-3) === 'A' ? 'B' : 'A'}${pass.slice(-2)}`, address],
    ],
    ['what is no pass', () => ['okp_', address]],
  ])('opens nothing for %s', (_name, asked) => {
    const passes = createAddressPasses(ring(first))
    const [pass = '', at = ''] = asked(passes.issue(holder, address))
    expect(() => passes.open(pass, at)).toThrow(expect.objectContaining({ code: 'token_invalid' }))
  })

  it('opens nothing under another master key', () => {
    const pass = createAddressPasses(ring(first)).issue(holder, address)
    expect(() => createAddressPasses(ring(second)).open(pass, address)).toThrow(/does not open it/)
  })

  it('opens for a week', () => {
    let now = 0
    const passes = createAddressPasses(ring(first), () => now)
    const pass = passes.issue(holder, address)
    now = 7 * 24 * 3_600_000
    expect(passes.open(pass, address)).toEqual(holder)
    now++
    expect(() => passes.open(pass, address)).toThrow(/too old/)
  })
})
