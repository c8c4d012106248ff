import type { z } from 'zod'
import { fieldForms } from '../../contract/index.ts'

interface Issue {
  code: string
  input?: unknown
  expected?: string
  values?: readonly unknown[]
  format?: string
  /** Of what is too long or too large: `string`, `number`, `array`, … */
  origin?: string
  minimum?: number | bigint
  maximum?: number | bigint
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
}

const counted: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' }

const sentences: Readonly<Record<string, (issue: Issue) => string>> = {
  invalid_type: ({ input, expected = '' }) =>
    input === undefined ? fieldForms.missing : `must be ${kinds[expected] ?? expected}`,
  invalid_value: ({ input, values = [] }) =>
    input === undefined ? fieldForms.missing : `must be one of ${values.join(', ')}`,
  invalid_format: ({ format }) => (format === 'date' ? 'must be a date such as 2026-01-31' : 'has another form'),
  too_small: ({ origin = '', minimum }) =>
    origin in counted && minimum === 1 ? 'must not be empty' : `at least ${minimum}${counted[origin] ?? ''}`,
  too_big: ({ origin = '', maximum }) => `at most ${maximum}${counted[origin] ?? ''}`,
}

/** What is wrong with a field, where its schema has no sentence of its own. */
export function plainWords(issue: z.core.$ZodRawIssue): string | undefined {
  return sentences[issue.code]?.(issue as Issue)
}
