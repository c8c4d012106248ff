import { expect, test } from 'vitest'
import { exampleOf } from './schema-example.ts'

test.each([
  ['a number between bounds', { type: 'number', exclusiveMinimum: 2, maximum: 3 }, 2.5],
  ['a multiple', { type: 'integer', minimum: 7, multipleOf: 5 }, 10],
  ['a length', { type: 'string', minLength: 9 }, 'sandbox sandbox'.slice(0, 9)],
  ['a short text', { type: 'string', maxLength: 3 }, 'san'],
  ['a date', { type: 'string', format: 'date' }, '2026-01-01'],
  ['a pattern', { type: 'string', pattern: '^[A-Z]{3}$' }, 'SBX'],
  ['a nullable type', { type: ['null', 'boolean'] }, true],
  ['a constant', { const: 4 }, 4],
  ['a choice', { anyOf: [{ type: 'null' }, { type: 'string' }] }, null],
  ['several items', { type: 'array', minItems: 2, items: { type: 'integer' } }, [1, 1]],
  ['a tuple', { type: 'array', prefixItems: [{ const: 'a' }, { const: 'b' }] }, ['a', 'b']],
  ['Google’s capitals', { type: 'OBJECT', properties: { a: { type: 'STRING' } } }, { a: 'sandbox' }],
  [
    'parts put together',
    { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
    { a: 1, b: 2 },
  ],
  ['a reference', { $ref: '#/$defs/x', $defs: { x: { type: 'boolean' } } }, true],
])('%s', (_, schema, example) => {
  expect(exampleOf(schema)).toEqual(example)
})

test('recursive schemas come to an end', () => {
  const tree = {
    type: 'object',
    properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
    required: ['name', 'children'],
  }
  expect(JSON.stringify(exampleOf(tree)).length).toBeLessThan(2000)
  const list = {
    $ref: '#/$defs/n',
    $defs: {
      n: {
        anyOf: [{ type: 'object', properties: { next: { $ref: '#/$defs/n' } }, required: ['next'] }, { type: 'null' }],
      },
    },
  }
  expect(JSON.stringify(exampleOf(list))).toContain('null')
})
