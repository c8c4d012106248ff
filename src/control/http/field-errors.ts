import type { z } from 'zod'
import type { FieldError } from '../../contract/index.ts'
import { didYouMean } from './did-you-mean.ts'

/** Which part of the request a schema was for. */
export type RequestPart = 'params' | 'query' | 'body'

/** A longer unknown name could be a key that was pasted as a field's name; it is not repeated. */
const longestRepeatedName = 24

interface Issue {
  code: string
  path: PropertyKey[]
  message: string
  keys?: string[]
}

/** What a schema found wrong, field by field. Values are never repeated, nor names that could be secrets. */
export function fieldErrors(part: RequestPart, schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return (issues as readonly Issue[]).flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? (issue.keys ?? []).map((name) => unknownField([part, ...issue.path], name, knownNames(schema, issue.path)))
      : [{ field: [part, ...issue.path].map(String).join('.'), detail: issue.message }],
  )
}

function unknownField(path: readonly PropertyKey[], name: string, known: readonly string[]): FieldError {
  const shown = /^[A-Za-z_-]+$/.test(name) && name.length <= longestRepeatedName
  const meant = shown ? didYouMean(name, known) : undefined
  return {
    field: [...path, ...(shown ? [name] : [])].map(String).join('.'),
    detail: meant
      ? `There is no such field; did you mean "${meant}"?`
      : `There is no such field; known are: ${known.join(', ')}.`,
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
