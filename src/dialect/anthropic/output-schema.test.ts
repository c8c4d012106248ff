import { expect, test } from 'vitest'
import { outputSchema as translated } from './output-schema.ts'

const outputSchema = (schema: object) => translated(schema, 'Anthropic')

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

test.each([
  ['pattern', '^a"b$', '{pattern: ^a"b$}'],
  ['not', { type: 'null' }, '{not: {"type":"null"}}'],
  ['format', 'int32', '{format: int32}'],
])('so is %s', (keyword, value, said) => {
  expect(outputSchema({ type: 'string', description: 'A', [keyword]: value })).toEqual({
    type: 'string',
    description: `A ${said}`,
  })
})

test('formats that Anthropic knows stay, and so do fields and definitions with the names of keywords', () => {
  const closed = { type: 'object', properties: {}, additionalProperties: false }
  for (const schema of [
    { type: 'string', format: 'date-time' },
    { $defs: { minimum: { type: 'null' }, format: closed, $ref: closed }, $ref: '#/$defs/minimum' },
    { ...closed, properties: { not: { type: 'string' }, oneOf: closed, format: { type: 'string' } } },
  ])
    expect(outputSchema(schema)).toEqual(schema)
})

test('one of several is any of them, and nothing stands beside a reference', () => {
  expect(outputSchema({ oneOf: [{ $ref: '#/definitions/A', description: 'x', minimum: 1 }] })).toEqual({
    anyOf: [{ $ref: '#/definitions/A' }],
  })
})

test.each([
  { additionalProperties: { type: 'string' } },
  { additionalProperties: true },
  { patternProperties: { '^a': {} } },
])('objects with fields that nobody names are refused: %j', (open) => {
  const schema = { type: 'object', properties: { map: { type: ['object', 'null'], ...open } } }
  expect(() => outputSchema(schema)).toThrow(
    expect.objectContaining({ code: 'request_invalid', facts: expect.objectContaining({ param: 'response_format' }) }),
  )
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
