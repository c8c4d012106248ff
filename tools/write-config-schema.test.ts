import { expect, test } from 'vitest'
import { configSchemaText, writtenConfigSchema } from './write-config-schema.ts'

test('the JSON Schema for editors is the one of the sources (else: npm run config:schema)', () => {
  expect(writtenConfigSchema()).toBe(configSchemaText())
})
