import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canaryKeys, canaryPrompts } from '../test/support/canary.ts'
import { searchFolder } from './canary-search.ts'

function findingsIn(text: string | Buffer): string[] {
  // Outside OWNKEY_TEST_LOGS: what is planted here must not be found by the run's own search.
  const place = mkdtempSync(join(tmpdir(), 'ownkey-canary-'))
  try {
    writeFileSync(join(place, 'file'), text)
    return searchFolder(place).findings
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

describe('the canary search', () => {
  const key = canaryKeys.openai
  const prompt = canaryPrompts[0]

  test.each([
    ['plain', key],
    ['its first characters', `…${key.slice(0, 8)}…`],
    ['base64', Buffer.from(key).toString('base64')],
    ['base64 behind one byte', Buffer.from(`x${key}yz`).toString('base64')],
    ['base64 behind two bytes', Buffer.from(`xx${key}`).toString('base64')],
    ['base64url', Buffer.from(`{"k":"${prompt}"}`).toString('base64url')],
    ['URL-encoded', encodeURIComponent(prompt)],
    ['JSON', JSON.stringify({ prompt })],
    ['hex', Buffer.from(key).toString('hex')],
  ])('finds a canary in %s', (_form, text) => {
    expect(findingsIn(`before ${text} after`)).not.toEqual([])
  })

  test('finds one that lies across two parts of a large file', () => {
    const size = 4 * 1024 * 1024
    expect(
      findingsIn(Buffer.concat([Buffer.alloc(size - 20, 46), Buffer.from(key), Buffer.alloc(100, 46)])),
    ).not.toEqual([])
  })

  test('finds nothing in a masked key', () => {
    expect(findingsIn('sk-...9j0a AIza••••h8i9 sk-ant-...h8AA Bearer okt_abc')).toEqual([])
  })

  test('never prints the text it found', () => {
    expect(findingsIn(key).join('\n')).not.toContain(key.slice(0, 8))
  })
})
