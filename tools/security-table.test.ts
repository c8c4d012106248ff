import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const table =
  readFileSync(new URL('../SECURITY.md', import.meta.url), 'utf8').match(
    /## Which test proves what[\s\S]*?\n\n## /,
  )?.[0] ?? ''
const rows = table.split('\n').filter((line) => /^\| (P|C|\d)/.test(line))

test('SECURITY.md has a row for every promise, threat and fault, and names its proof', () => {
  const names = rows.map((line) => line.split('|')[1]?.trim() ?? '')
  const wanted = [
    ...Array.from({ length: 10 }, (_, index) => `P${index + 1}`),
    ...Array.from({ length: 30 }, (_, index) => `${index + 1}`),
  ]
  expect(wanted.filter((name) => !names.includes(name))).toEqual([])
  expect(names.filter((name) => name.startsWith('C')).join(' ')).toBe('C1 C2–C5, C8 C6 C7 C9 C10')
  for (const row of rows) expect(row).toMatch(/`[^`]+`/)
})

test('every file that the table names is there and has tests', () => {
  const files = [...new Set([...table.matchAll(/`((?:src|test|tools)\/[^`]+)`/g)].map(([, file]) => file as string))]
  expect(files.length).toBeGreaterThan(25)
  for (const file of files) {
    const path = new URL(`../${file}`, import.meta.url)
    expect(existsSync(path), file).toBe(true)
    expect(readFileSync(path, 'utf8'), file).toMatch(/\b(it|test)(\.each)?[(<`]/)
  }
})
