import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { toBase62 } from '../lib/index.ts'
import { hashToken, looksLikeToken, newToken, tokenHint } from './token-format.ts'

describe('a token', () => {
  test('says by its prefix what it is for', () => {
    expect(newToken('service')).toMatch(/^okt_[0-9A-Za-z]{49}$/)
    expect(newToken('access')).toMatch(/^okt_[0-9A-Za-z]{49}$/)
    expect(newToken('session')).toMatch(/^oks_[0-9A-Za-z]{49}$/)
  })

  test('is recognised as one', () => {
    for (let i = 0; i < 200; i++) expect(looksLikeToken(newToken('access'))).toBe(true)
    expect(looksLikeToken(newToken('session'), 'session')).toBe(true)
    expect(looksLikeToken(newToken('session'))).toBe(false)
  })

  test('with any one character changed, cut off or added is not', () => {
    const token = newToken('service')
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'x' ? 'y' : 'x'
      expect(looksLikeToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false)
      expect(looksLikeToken(token.slice(0, at))).toBe(false)
    }
    expect(looksLikeToken(`${token}0`)).toBe(false)
    expect(looksLikeToken('')).toBe(false)
    expect(looksLikeToken('sk-proj-abcdef')).toBe(false)
  })

  test('is one of its length only, whatever its checksum says', () => {
    const sealed = (body: string) => body + toBase62(crc32(body), 6)
    const body = newToken('service').slice(0, -6)
    expect(looksLikeToken(sealed(body))).toBe(true)
    for (const other of [body.slice(0, -1), `${body}0`, 'okt_']) expect(looksLikeToken(sealed(other))).toBe(false)
  })

  test('is hashed whole', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  test('shares nothing with another one of the same beginning once hashed', () => {
    const token = newToken('service')
    const twin = token.slice(0, 20) + newToken('service').slice(20)
    expect(hashToken(token)).toMatch(/^[0-9a-f]{64}$/)
    expect(hashToken(twin)).not.toBe(hashToken(token))
  })

  test('shows eight of its characters in a hint', () => {
    const token = newToken('service')
    expect(tokenHint(token)).toBe(`okt_…${token.slice(-4)}`)
  })
})
