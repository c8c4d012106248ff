import { expect, test } from 'vitest'
import { outputSchema } from './output-schema.ts'

test.each([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
])('the limit %s, which Anthropic refuses, is said in words', (limit) => {
  expect(outputSchema({ type: 'string', [limit]: 3 })).toEqual({ type: 'string', description: `{${limit}: 3}` })
})

test.each(['enum', 'const', 'default', 'examples', 'required'])('the data in %s are no schemas', (keyword) => {
  const schema = { [keyword]: [{ type: 'object', minimum: 1 }] }
  expect(outputSchema(schema)).toEqual(schema)
})

test('every object is closed, one that may be null and one in a list of choices too', () => {
  const closed = { type: 'object', additionalProperties: false }
  expect(outputSchema({ type: ['object', 'null'] })).toEqual({ type: ['object', 'null'], additionalProperties: false })
  expect(outputSchema({ anyOf: [{ type: 'object' }, { type: 'string' }] })).toEqual({
    anyOf: [closed, { type: 'string' }],
  })
})
