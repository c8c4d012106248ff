import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { OwnkeyError } from '../contract/index.ts'
import { generateMasterKey, parseKeyring } from './keyring.ts'
import { Secret } from './secret.ts'

const good = () => generateMasterKey()

function refusal(text: string): OwnkeyError {
  try {
    parseKeyring(text)
  } catch (error) {
    expect(error).toBeInstanceOf(OwnkeyError)
    return error as OwnkeyError
  }
  throw new Error('was accepted')
}

describe('the ring of master keys', () => {
  it('takes one key without an id and names it by its hash, the same each time', () => {
    const text = good()
    const ring = parseKeyring(` ${text}\n`)
    expect(ring.active.id).toMatch(/^[0-9a-f]{8}$/)
    expect(parseKeyring(new Secret(text)).active.id).toBe(ring.active.id)
    expect(parseKeyring(`new:${good()},${text}`).byId.has(ring.active.id)).toBe(true)
  })

  it('encrypts with the first and decrypts with all', () => {
    const ring = parseKeyring(`2026b:${good()}, 2026a:${good()}`)
    expect(ring.active.id).toBe('2026b')
    expect([...new Set(ring.byId.values())].map(({ id }) => id)).toEqual(['2026b', '2026a'])
  })

  it('finds a key that got its id later under the one that it had before, but never another key', () => {
    const [text, other] = [good(), good()]
    const before = parseKeyring(text).active
    const ring = parseKeyring(`new:${other},old:${text}`)
    expect(ring.byId.get(before.id)).toBe(ring.byId.get('old'))
    expect(ring.byId.get(before.id)?.key.equals(before.key)).toBe(true)
    const named = parseKeyring(`${before.id}:${other},old:${text}`)
    expect(named.byId.get(before.id)).toBe(named.active)
  })

  it('takes the URL-safe alphabet and missing padding', () => {
    const bytes = Buffer.from(good(), 'base64')
    expect(parseKeyring(bytes.toString('base64url')).active.id).toBe(parseKeyring(bytes.toString('base64')).active.id)
  })

  it('accepts thousands of random keys', () => {
    for (let i = 0; i < 5_000; i++) parseKeyring(randomBytes(32).toString('base64'))
  })

  const counted = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 3))
  it.each([
    ['nothing', '', 'is empty'],
    ['white space', '  \n', 'is empty'],
    ['31 bytes', randomBytes(31).toString('base64'), '31 bytes'],
    ['33 bytes', randomBytes(33).toString('base64'), '33 bytes'],
    ['all bytes zero', Buffer.alloc(32).toString('base64'), 'equal'],
    ['all bytes alike', Buffer.alloc(32, 0xa7).toString('base64'), 'equal'],
    ['a repeated half', Buffer.concat([Buffer.alloc(16, 1), Buffer.alloc(16, 2)]).toString('base64'), 'pattern'],
    [
      'a repeated random half',
      (() => {
        const half = randomBytes(16)
        return Buffer.concat([half, half]).toString('base64')
      })(),
      'pattern',
    ],
    ['counted bytes', counted.toString('base64'), 'pattern'],
    ['a typed password', Buffer.from('correct horse battery staple 123').toString('base64'), 'text'],
    ['hexadecimal text as bytes', Buffer.from(randomBytes(16).toString('hex')).toString('base64'), 'text'],
    ['no base64', '!'.repeat(43), 'not base64'],
    ['characters that lenient decoders skip', `${good().slice(0, 20)}%${good().slice(20)}`, 'not base64'],
    ['a placeholder', 'changeme', 'bytes'],
    ['an empty id', `:${good()}`, 'an id'],
    ['an id with a space', `my key:${good()}`, 'an id'],
    ['an empty part', `a:${good()},`, 'not base64'],
    ['one id twice', `a:${good()},a:${good()}`, 'same id'],
  ])('refuses %s', (_name, text, says) => {
    const error = refusal(text)
    expect(error.code).toBe('master_key_invalid')
    expect(error.message).toContain(says)
  })

  const hex = randomBytes(32).toString('hex')
  it.each([
    ['hexadecimal', hex, 'is hexadecimal', 'hex'],
    ['hexadecimal in capitals with an id', `a:0x${hex.toUpperCase()}`, 'is hexadecimal', 'hex'],
    ['a quoted key', `"${good()}"`, 'quotation marks', 'Leave them out'],
    ['quotes around two keys', `'a:${good()},b:${good()}'`, 'quotation marks', 'Leave them out'],
    ['a broken line', `a:${good().slice(0, 20)}\n${good().slice(20)}`, 'line break', 'one line'],
    ['two keys, a line each', `${good()}\n${good()}`, 'line break', 'one line'],
  ])('tells %s for what it is, and how to write it', (_name, text, says, fix) => {
    const error = refusal(text)
    expect(error.message).toContain(says)
    expect(error.fix).toContain(fix)
    expect(JSON.stringify([error.message, error.fix])).not.toContain(hex.slice(0, 16))
  })

  it('makes of the hexadecimal form what it says that it makes', () => {
    const command = refusal(hex)
      .fix.match(/node -p "(.*)"/)?.[1]
      ?.replace('<key>', hex)
    const text = execFileSync(process.execPath, ['-p', String(command)], { encoding: 'utf8' })
    expect(Buffer.from(text, 'base64').toString('hex')).toBe(hex)
    expect(parseKeyring(text).active.key.export().toString('hex')).toBe(hex)
  })

  it('refuses the same key under two ids', () => {
    const key = good()
    expect(refusal(`a:${key},b:${key}`).message).toContain('same key twice')
  })

  it('never repeats what it refuses', () => {
    const canary = 'CANARYcanaryCANARYcanary'
    for (const text of [canary, `${canary}!`, `a:${canary}`, `${canary}${canary}:${good()}`, `a:${good()},${canary}`]) {
      const error = refusal(text)
      expect(JSON.stringify([error.message, error.fix, error.facts, error.stack])).not.toContain(canary.slice(0, 8))
    }
  })

  it('does not print its keys', () => {
    const text = good()
    const ring = parseKeyring(text)
    const bytes = Buffer.from(text, 'base64')
    const printed = JSON.stringify([ring, [...ring.byId]]) + String(ring.active.key)
    for (const form of [text, bytes.toString('hex')]) expect(printed).not.toContain(form)
  })
})
