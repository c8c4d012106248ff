import { describe, expect, it } from 'vitest'
import { Secret } from '../../crypto/index.ts'
import { KeyRedactor } from './key-redactor.ts'

const key = 'sk-proj-4sJHrQ8vT3BlbkFJ9mZx+w/8ZP'
const base64 = Buffer.from(key).toString('base64').replace(/=+$/, '')

function passed(text: string, piece: number): string {
  const redactor = new KeyRedactor(new Secret(key))
  const bytes = Buffer.from(text)
  const out: Buffer[] = []
  for (let i = 0; i < bytes.length; i += piece)
    out.push(Buffer.from(redactor.pass(Buffer.from(bytes.subarray(i, i + piece)))))
  const rest = redactor.flush()
  if (rest !== undefined) out.push(rest)
  return Buffer.concat(out).toString()
}

describe('a passing answer', () => {
  it.each([
    ['as it is', key],
    ['URL-encoded', encodeURIComponent(key)],
    ['in base64', base64],
  ])('loses the key %s at every chunk size and keeps its length', (_name, form) => {
    const text = `data: {"echo":"${form}"}\n\ndata: s sk sk- sk-p and more\n\n${form}`
    for (let piece = 1; piece <= text.length; piece++) {
      const result = passed(text, piece)
      expect(result).not.toContain(form)
      expect(result).toHaveLength(text.length)
      expect(result).toContain('data: s sk sk- sk-p and more')
    }
  })

  it.each(['', 'u', 'me', 'user:', '{"authorization":"Bearer '])('loses it in base64 behind "%s"', (before) => {
    const packed = Buffer.from(`${before}${key}:more`).toString('base64')
    for (const piece of [1, 5, packed.length]) {
      const result = passed(`data: ${packed}\n\n`, piece)
      for (let at = 0; at + 8 <= key.length; at++)
        expect(Buffer.from(result.slice(6), 'base64').toString('latin1')).not.toContain(key.slice(at, at + 8))
    }
  })

  it.each([
    ['in a URL with small letters', 'sk-proj-4sJHrQ8vT3BlbkFJ9mZx%2bw%2f8ZP'],
    ['in JSON that escapes slashes', key.replaceAll('/', '\\/')],
  ])('loses it %s', (_name, form) => {
    expect(passed(`data: ${form}\n\n`, 4)).toBe(`data: ${'*'.repeat(form.length)}\n\n`)
  })

  it('keeps words in which a short key would stand in base64', () => {
    const text = 'x2V5 NrZX'
    expect(new KeyRedactor(new Secret('key')).passWhole(Buffer.from(text)).toString()).toBe(text)
  })

  it('tells nothing of a key that begins at its very end, once that is more than a masked form shows', () => {
    for (const rest of [key.slice(0, 17), key.slice(0, -1), base64.slice(0, 20)])
      expect(passed(`data: ${rest}`, 3)).toBe(`data: ${'*'.repeat(rest.length)}`)
  })

  it('loses a key that JSON writes with escapes', () => {
    const odd = 'sk-a"b\\c-Jq8vT3BlbkFJ9mZx'
    const redactor = new KeyRedactor(new Secret(odd))
    const text = JSON.stringify({ echo: odd })
    expect(redactor.clean(text)).toBe('{"echo":"[key removed]"}')
    const whole = redactor.passWhole(Buffer.from(text)).toString()
    expect([whole.length, whole]).toEqual([text.length, `{"echo":"${'*'.repeat(text.length - 11)}"}`])
  })

  it('is byte for byte the same when no key is in it', () => {
    const text = 'data: {"a":"sk-proj-4sJHrQ8vT3BlbkFJ but not whole"}\n\nsk-'
    for (let piece = 1; piece <= text.length; piece++) expect(passed(text, piece)).toBe(text)
  })
})

describe('an error body', () => {
  const redactor = new KeyRedactor(new Secret(key))
  it.each([
    [`Incorrect API key provided: ${key}.`, 'Incorrect API key provided: [key removed].'],
    ['Incorrect API key provided: sk-proj-4sJH***************w/8ZP.', undefined],
    ['Incorrect API key provided: sk-4sJHr', 'Incorrect API key provided: sk-4sJHr'],
    [
      "Consumer 'api_key:4sJHrQ8vT3BlbkFJ9mZx' has been suspended",
      "Consumer 'api_key:[key removed]' has been suspended",
    ],
    ['Your api key: ****w/8ZP is invalid', undefined],
    [`{"k":"${base64}"}`, '{"k":"[key removed]"}'],
  ])('loses every recognisable part: %s', (text, expected) => {
    const cleaned = redactor.clean(text)
    if (expected !== undefined) expect(cleaned).toBe(expected)
    for (let i = 8; i + 8 <= key.length; i++) expect(cleaned).not.toContain(key.slice(i, i + 8))
    expect(cleaned).not.toContain('sk-proj-4sJH')
  })

  it('loses beginnings and ends that a provider left around its asterisks', () => {
    const short = new KeyRedactor(new Secret('xai-Kq8vT3Bl99'))
    expect(short.clean('Incorrect API key provided: xa***99. You can')).toBe(
      'Incorrect API key provided: [key removed]. You can',
    )
    // What all keys of the vendor begin with is no part of this one.
    expect(short.clean('Incorrect API key provided: xa***77. You can')).toContain(' xa***77.')
    expect(short.clean('Your api key: ****Bl99 is invalid')).toBe('Your api key: [key removed] is invalid')
    expect(short.clean('Wait... **bold** and 3***4 stay')).toBe('Wait... **bold** and 3***4 stay')
  })

  it.each([
    [
      'sk-ant-sandbox-permission-bb',
      '{"type":"permission_error","message":"Your API key does not have permission to use it."}',
    ],
    ['gsk_sandbox-permission-001', '{"type":"permissions_error","code":"model_permission_blocked_project"}'],
    ['xai-sandbox-invalid-bb-0001', '{"code":"invalid-argument"}'],
    ['sk-litellm-organization-key-0001', 'Rate limit reached in organization org-x'],
    ['sk-AUTHENTICATION-0001', '{"status":"UNAUTHENTICATED","reason":"AUTHENTICATION"}'],
  ])('keeps words and codes that also stand in %s', (own, text) => {
    expect(new KeyRedactor(new Secret(own)).clean(text)).toBe(text)
  })

  it.each([
    ['sk-canaryopenai-0001', 'key sk-canaryopenai is wrong', 'key sk-[key removed] is wrong'],
    ['sk-canary-organization-key-0001', 'key organization-key is wrong', 'key [key removed] is wrong'],
    ['sk-abcdefghijklmnopqrstuvw', 'ends in ghijklmnopqrstuvw', 'ends in [key removed]'],
    ['sk-aBcDeFgHiJkL', 'in cDeFgHiJ it', 'in [key removed] it'],
  ])('loses what is more than a word, or stands behind the beginning: of %s', (own, text, expected) => {
    expect(new KeyRedactor(new Secret(own)).clean(text)).toBe(expected)
  })

  it('keeps public prefixes that everybody’s keys share', () => {
    expect(redactor.clean('Keys begin with sk-proj- or sk-svcacct-.')).toBe('Keys begin with sk-proj- or sk-svcacct-.')
  })
})
