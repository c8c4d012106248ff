import { describe, expect, test } from 'vitest'
import { canaryKeys, canaryPrompts } from '../../test/support/canary.ts'
import { createLog, type LogFields } from './log.ts'

function lineOf(fields: Record<string, unknown>): { text: string; record: Record<string, unknown> } {
  let text = ''
  const log = createLog({ level: 'debug', destination: { write: (line) => (text += line) } })
  log.error('something', fields as LogFields)
  return { text, record: JSON.parse(text) as Record<string, unknown> }
}

describe('the log', () => {
  test('writes an event with known fields and a time', () => {
    const { record } = lineOf({ port: 8787, code: 'internal' })
    expect(record).toMatchObject({ level: 'error', event: 'something', port: 8787, code: 'internal' })
    expect(record['time']).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test('leaves out every field that is not on the list', () => {
    const { text } = lineOf({ headers: { authorization: canaryKeys.openai }, body: canaryPrompts[0], query: 'key=1' })
    expect(JSON.parse(text)).toEqual({ level: 'error', time: expect.any(String), event: 'something' })
  })

  test('does not follow objects that hide under a known name', () => {
    expect(lineOf({ url: { href: canaryKeys.gemini } }).record['url']).toBe('[not logged]')
  })

  test('tells an error by name, code and place, never by its message', () => {
    const error = Object.assign(new Error(`Invalid URL ${canaryKeys.openai}\n    at ${canaryKeys.gemini}`), {
      code: 'ERR_INVALID_URL',
      input: canaryKeys.gemini,
    })
    const { text, record } = lineOf({ error })
    expect(text).not.toContain('Qz7X')
    expect(record['error']).toMatchObject({ name: 'Error', code: 'ERR_INVALID_URL' })
    expect((record['error'] as { at: string[] }).at[0]).toContain('log.test.ts')
  })

  test('tells no message of what an error was caused by, and no code that is none', () => {
    const [prompt] = canaryPrompts
    const cause = new Error(prompt, { cause: Object.assign(new Error(prompt), { code: prompt }) })
    const { text, record } = lineOf({ error: Object.assign(new Error('outer', { cause }), { code: prompt }) })
    // JSON writes its quotes in another way.
    expect(text).not.toContain(prompt.slice(0, 8))
    expect(record['error']).toMatchObject({ name: 'Error', cause: { name: 'Error', cause: { name: 'Error' } } })
    expect(record['error']).not.toHaveProperty('code')
  })

  test.each([
    ['a line break', 'a\n{"level":"info","event":"forged"}'],
    ['colours of a terminal', 'a\u001b[2Jb'],
    ['a C1 control', 'a\u009b2Jb'],
    ['bidirectional marks', 'a\u202egnp.exe'],
    ['a line separator', 'a\u2028b'],
  ])('keeps %s from doing anything', (_name, value) => {
    const { text } = lineOf({ problem: value })
    expect(text.trimEnd().split('\n')).toHaveLength(1)
    expect(text).not.toMatch(/[\u001b\u0080-\u009f\u2028-\u202e]/)
  })

  test('cuts what is too long', () => {
    expect((lineOf({ problem: 'x'.repeat(10_000) }).record['problem'] as string).length).toBeLessThan(600)
  })
})
