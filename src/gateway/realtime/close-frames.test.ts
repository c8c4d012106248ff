import { expect, test } from 'vitest'
import { Secret } from '../../crypto/index.ts'
import { KeyRedactor } from '../answer/key-redactor.ts'
import { codeOfStatus, endingOfFault, fitReason } from './close-frames.ts'
import { redactMessage, redactReason } from './redact-message.ts'

test('a reason is cut to 123 bytes, between characters', () => {
  expect(fitReason('short')).toBe('short')
  expect(fitReason('x'.repeat(200))).toBe('x'.repeat(123))
  expect(fitReason('🙂'.repeat(50))).toBe('🙂'.repeat(30))
})

test('an error after the upgrade has the close code nearest to its status', () => {
  expect([401, 403, 429, 503, 500, 502].map(codeOfStatus)).toEqual([1008, 1008, 1013, 1013, 1011, 1011])
  expect(endingOfFault(Object.assign(new Error(), { code: 'WS_ERR_INVALID_UTF8' }), 'caller').code).toBe(1007)
  expect(endingOfFault(new Error(), 'caller').code).toBe(1002)
})

const key = 'sk-Ab3Cd5Ef7Gh9Ij1Kl3Mn5Op7Qr9'
const redactor = () => new KeyRedactor(new Secret(key))

test('a key is blanked in long messages and bytes, which keep their length', () => {
  for (const text of [`{"a":"${'x'.repeat(20_000)}${key}"}`, `\u0000${key}\u0001`, key, `tail ${key.slice(0, 20)}`]) {
    const redacted = redactMessage(Buffer.from(text), redactor())
    expect(redacted).toHaveLength(text.length)
    expect(redacted.toString()).not.toContain(key.slice(3, 14))
  }
})

test('what is no key passes as it came, also what only begins like one', () => {
  for (const text of ['{"type":"error","message":"no"}', '', 'ends with sk-', Buffer.alloc(5, 255).toString('latin1')])
    expect(redactMessage(Buffer.from(text, 'latin1'), redactor()).toString('latin1')).toBe(text)
})

test('parts of a key are removed from errors and reasons', () => {
  const masked = `{"error":{"message":"Incorrect API key: ${key.slice(0, 8)}***${key.slice(-4)}"}}`
  expect(redactMessage(Buffer.from(masked), redactor()).toString()).not.toContain(key.slice(-4))
  expect(redactReason(`bad ${key}`, redactor())).not.toContain(key.slice(3, 14))
})
