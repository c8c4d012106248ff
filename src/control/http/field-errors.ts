import type { z } from 'zod'
import { type FieldError, fieldForms } from '../../contract/index.ts'
import { closestName } from '../../lib/index.ts'

/** Which part of the request a schema was for. */
export type RequestPart = 'params' | 'query' | 'body'

/** A longer unknown name could be a key that was pasted as a field's name; it is not repeated. */
export function isShown(name: string): boolean {
  return /^[A-Za-z_-]{1,24}$/.test(name)
}

interface Issue {
  code: string
  path: PropertyKey[]
  message: string
  keys?: string[]
  input?: unknown
  /** Of what is too long or too large: `string`, `number`, `array`, … */
  origin?: string
  maximum?: number | bigint
  minimum?: number | bigint
  expected?: string
  format?: string
  values?: readonly unknown[]
}

type Coded = Pick<FieldError, 'code' | 'facts'>

const idForm = (characters: string, limit: number): Coded => ({
  code: 'id_form',
  facts: { characters, limit: String(limit) },
})

const formCodes: Readonly<Record<string, Coded>> = {
  [fieldForms.orgId]: idForm('_ . : @ -', 128),
  [fieldForms.userId]: idForm('_ . : @ | + -', 255),
  [fieldForms.environment]: idForm('_ - .', 64),
  [fieldForms.configId]: idForm('_ - .', 64),
  [fieldForms.oneLine]: { code: 'one_line' },
  [fieldForms.locale]: { code: 'locale_form' },
}

/** What a schema found wrong, field by field. Values are never repeated, nor names that could be secrets. */
export function fieldErrors(part: RequestPart, schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return tightest(issues as readonly Issue[]).flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? (issue.keys ?? []).map((name) => unknownField([part, ...issue.path], name, knownNames(schema, issue.path)))
      : [{ field: [part, ...issue.path].map(String).join('.'), detail: issue.message, ...coded(issue) }],
  )
}

/** Of two limits of one field that are both broken, the one that holds: what keeps to it keeps to the other, too. */
function tightest(issues: readonly Issue[]): readonly Issue[] {
  const isLooser = (one: Issue, other: Issue) =>
    one.code === other.code &&
    one.path.join('.') === other.path.join('.') &&
    ((one.maximum ?? 0) > (other.maximum ?? 0) || (one.minimum ?? 0) < (other.minimum ?? 0))
  return issues.filter((one) => !issues.some((other) => isLooser(one, other)))
}

/** What an issue says as a code with facts, for pages in other languages. */
function coded(issue: Issue): Coded {
  return byIssue[issue.code]?.(issue) ?? { code: 'wrong' }
}

const byIssue: Readonly<Record<string, (issue: Issue) => Coded>> = {
  invalid_type: ({ expected, message }) =>
    message === fieldForms.missing ? { code: 'missing' } : { code: expected === 'int' ? 'not_whole' : 'wrong_kind' },
  invalid_union: ({ message }) => ({ code: message === fieldForms.moment ? 'not_a_date' : 'wrong' }),
  invalid_value: ({ values = [], message }) =>
    message === fieldForms.missing
      ? { code: 'missing' }
      : { code: 'unknown_value', facts: { known: values.join(', ') } },
  invalid_format: ({ format, message }) =>
    formCodes[message] ?? { code: format === 'date' || format === 'datetime' ? 'not_a_date' : 'wrong' },
  too_big: ({ origin, maximum }) => ({
    code: origin === 'string' || origin === 'array' ? 'too_long' : 'too_large',
    facts: { limit: String(maximum) },
  }),
  too_small: ({ origin, minimum }) =>
    origin === 'string' || origin === 'array'
      ? { code: 'empty' }
      : { code: 'too_small', facts: { limit: String(minimum) } },
  custom: ({ message }) => ({ code: message === fieldForms.notZero ? 'zero' : 'wrong' }),
}

function unknownField(path: readonly PropertyKey[], name: string, known: readonly string[]): FieldError {
  const shown = isShown(name)
  const meant = shown ? closestName(name, known) : undefined
  return {
    field: [...path, ...(shown ? [name] : [])].map(String).join('.'),
    detail: meant
      ? `There is no such field; did you mean "${meant}"?`
      : known.length === 0
        ? 'There is no such field; nothing is taken here.'
        : `There is no such field; known are: ${known.join(', ')}.`,
    code: 'unknown_field',
    facts: { known: known.join(', ') },
    ...(meant ? { didYouMean: meant } : {}),
  }
}

interface Definition {
  shape?: Record<string, z.ZodType>
  innerType?: z.ZodType
  in?: z.ZodType
}

function knownNames(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const shape = shapeOf(schema)
  const [first, ...rest] = path
  if (first === undefined) return Object.keys(shape)
  const inner = shape[String(first)]
  return inner ? knownNames(inner, rest) : []
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> {
  const definition = schema._zod.def as Definition
  const wrapped = definition.innerType ?? definition.in
  return definition.shape ?? (wrapped ? shapeOf(wrapped) : {})
}
