import type { z } from 'zod'
import { closestName } from '../lib/index.ts'
import { configJsonSchema, describeSchema, type JsonSchema, schemaAt } from './config-json-schema.ts'
import type { Finding, Path } from './config-problem.ts'

type Issue = z.core.$ZodIssue

/**
 * What the schema says against the file, in words.
 * @param raw the data as written, so that no secret from the environment can be shown
 */
export function schemaFindings(issues: readonly Issue[], raw: unknown): Finding[] {
  const schema = configJsonSchema()
  return issues.filter((issue) => !isConsequence(issue, issues)).flatMap((issue) => findingsOf(issue, { raw, schema }))
}

/** Left out if an unknown field at the same place is reported: with its name corrected, the whole may be right. */
function isConsequence({ code, path }: Issue, issues: readonly Issue[]): boolean {
  return code === 'custom' && issues.some((other) => other.code === 'unrecognized_keys' && samePath(other.path, path))
}

function samePath(one: readonly PropertyKey[], other: readonly PropertyKey[]): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index])
}

interface Where {
  raw: unknown
  schema: JsonSchema
}

function findingsOf(issue: Issue, where: Where): Finding[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key], where))
  if (issue.code === 'invalid_key') return [badName(path, issue.issues[0]?.message ?? 'another name')]
  const value = valueAt(where.raw, path)
  return [value === undefined ? missingField(path, where) : wrongValue(issue, { path, value, where })]
}

function unknownField(path: Path, { schema }: Where): Finding {
  const name = String(path.at(-1))
  const fields = Object.keys(schemaAt(schema, path.slice(0, -1))?.properties ?? {})
  const suggestion = closestName(name, fields)
  return {
    path,
    atKey: true,
    message: `There is no field "${name}" here.`,
    expected: `one of ${fields.join(', ')}`,
    found: name,
    ...(suggestion === undefined ? {} : { suggestion }),
    fix: suggestion === undefined ? `Remove "${name}".` : `Write "${suggestion}" instead of "${name}".`,
  }
}

function badName(path: Path, expected: string): Finding {
  return {
    path,
    atKey: true,
    message: `"${String(path.at(-1))}" cannot be used as a name here.`,
    expected,
    fix: 'Rename it.',
  }
}

function missingField(path: Path, { schema }: Where): Finding {
  const name = String(path.at(-1))
  const expected = describeSchema(schemaAt(schema, path))
  return { path, message: `The field "${name}" is missing.`, expected: `${name}: ${expected}`, fix: `Add "${name}".` }
}

function wrongValue(issue: Issue, { path, value, where }: { path: Path; value: unknown; where: Where }): Finding {
  const schema = schemaAt(where.schema, path)
  const expected = saysItself(issue) ? issue.message : describeSchema(schema)
  const choices = schema?.enum?.map(String) ?? []
  const suggestion = suggest(value, { path, choices, schema: where.schema })
  const found = describeValue(value, path)
  return {
    path,
    message: messages[issue.code] ?? 'This value does not fit.',
    expected,
    ...(found === undefined ? {} : { found }),
    ...(suggestion === undefined ? {} : { suggestion }),
    fix: suggestion === undefined ? `Write ${expected}.` : `Write "${suggestion}".`,
  }
}

/** Whether the issue's own message says what is expected; otherwise the JSON Schema describes it better. */
function saysItself(issue: Issue): boolean {
  return issue.code === 'custom' || (issue.code === 'invalid_format' && issue.format === 'regex')
}

const messages: Partial<Record<Issue['code'], string>> = {
  invalid_type: 'This is of the wrong kind.',
  invalid_value: 'This is not one of the possible values.',
  too_small: 'This is too small.',
  too_big: 'This is too large.',
  invalid_format: 'This does not have the right form.',
}

/** Another value, or another name for the field where free names and fixed ones stand side by side. */
function suggest(
  value: unknown,
  { path, choices, schema }: { path: Path; choices: string[]; schema: JsonSchema },
): string | undefined {
  if (typeof value === 'string' && choices.length > 0) return closestName(value, choices)
  const parent = schemaAt(schema, path.slice(0, -1))
  const name = String(path.at(-1))
  const fixed = Object.keys(parent?.properties ?? {})
  return fixed.includes(name) || typeof parent?.additionalProperties !== 'object' ? undefined : closestName(name, fixed)
}

const secretFields: ReadonlySet<unknown> = new Set(['platformKey', 'secret'])

/** Undefined where it could be a secret: in a secret's field, a long text without a gap, or what a URL takes for a user or a query. */
export function describeValue(value: unknown, path: Path): string | undefined {
  if (path.some((step) => secretFields.has(step))) return undefined
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return /[A-Za-z0-9_-]{20,}|:\/\/[^/]*@|:\/\/.*[?#]/.test(text)
    ? undefined
    : text.length > 60
      ? `${text.slice(0, 60)}…`
      : text
}

/** What stands at a path of plain data. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, step)
        ? (at as Record<string | number, unknown>)[step]
        : undefined,
    data,
  )
}
