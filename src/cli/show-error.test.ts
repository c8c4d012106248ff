import { expect, test } from 'vitest'
import { loadConfig } from '../config/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { showError } from './show-error.ts'

test('a configuration with which nothing can start is told with file, line, column and mend', () => {
  const load = () =>
    loadConfig({ file: 'ownkey.yaml', text: 'plans:\n  standard:\n    byok: allways\n', env: {}, catalogue: [] })
  expect(load).toThrow()
  try {
    load()
  } catch (error) {
    const { lines, json } = showError(error)
    expect(lines.join('\n')).toMatch(/ownkey\.yaml:3:11 plans\.standard\.byok[\s\S]*fix: Write "always"/)
    expect(json).toMatchObject({ error: { code: 'config_invalid', problems: [{ line: 3, column: 11 }] } })
  }
})

test('a database that takes no writes is told as what it is, also behind the store’s own words', () => {
  const cause = Object.assign(new Error('cannot execute CREATE TABLE in a read-only transaction'), { code: '25006' })
  const { lines } = showError(new OwnkeyError('unavailable', { detail: 'The database takes no writes.', cause }))
  expect(lines.join('\n')).toMatch(/takes no writes[\s\S]*standby[\s\S]*default_transaction_read_only/)
})

test('a limit on open files is told as what it is, wherever it is met', () => {
  const cause = Object.assign(new Error('too many open files, open /secret'), { code: 'EMFILE' })
  for (const error of [cause, new OwnkeyError('unavailable', { cause })])
    expect(showError(error).lines.join('\n')).toMatch(/^Too few files may be open at once\.[\s\S]*ulimit -n 65536/)
})

test('a database user that may make no tables is told which right it lacks', () => {
  const { lines, json } = showError(Object.assign(new Error('permission denied for schema public'), { code: '42501' }))
  expect(lines.join('\n')).toMatch(/user in DATABASE_URL[\s\S]*GRANT CREATE/)
  expect(json).toMatchObject({ error: { code: 'unavailable', fix: expect.stringContaining('OWNER') } })
})
