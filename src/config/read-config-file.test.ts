import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ConfigError } from './index.ts'
import { readConfigFile } from './read-config-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'ownkey-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const written = (name: string, bytes: string | Buffer) => {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}
const problemOf = (file: string) => {
  try {
    readConfigFile(file)
    return undefined
  } catch (error) {
    return (error as ConfigError).problems[0]
  }
}

test('a file in UTF-8 is read as it is', () => {
  expect(readConfigFile(written('good.yaml', 'platform: { name: Größe }\n'))).toBe('platform: { name: Größe }\n')
})

test('a file in another encoding is refused, with the line', () => {
  const latin = Buffer.from('features: {}\nplatform: { name: Größe }\n', 'latin1')
  expect(problemOf(written('latin.yaml', latin))).toMatchObject({ line: 2, fix: expect.stringContaining('UTF-8') })
  const wide = Buffer.from('\ufeffplatform: { name: Grün }', 'utf16le')
  expect(problemOf(written('wide.yaml', wide))).toMatchObject({ line: 1, message: expect.stringContaining('UTF-16') })
})

test('what is no configuration at all is named for what it is', () => {
  mkdirSync(join(folder, 'directory.yaml'))
  const huge = written('huge.yaml', '')
  truncateSync(huge, 600 * 1024 * 1024)
  expect(problemOf(join(folder, 'directory.yaml'))?.message).toBe('This is a directory.')
  expect(problemOf(huge)?.message).toMatch(/more than 16 MB/)
  expect(problemOf(join(folder, 'absent.yaml'))?.message).toBe('There is no such file.')
  expect(() => readConfigFile(huge)).toThrow(ConfigError)
})
