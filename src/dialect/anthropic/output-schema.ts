import { cannotDo } from '../invalid.ts'
import { isRecord, textOf } from '../json.ts'

/** Keywords whose values are data, not schemas. */
const data: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])

/** Keywords whose values are schemas by names: the caller's own, which may be those of keywords. */
const named: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions'])

/** Limits that Anthropic's JSON output refuses; the model is told of them in the description instead, as its SDK does. */
const described: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'not',
])

/** The only formats of texts that it knows. */
const formats: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])

type Schema = Record<string, unknown>

/**
 * A schema as Anthropic's JSON output takes it: every object closed, one of several choices as any of them, limits in words.
 * @throws request_invalid where objects are to have fields that the schema does not name: closed, they would stay empty
 */
export function outputSchema(schema: unknown, provider: string): unknown {
  if (Array.isArray(schema)) return schema.map((one) => outputSchema(one, provider))
  if (!isRecord(schema)) return schema
  if (isOpen(schema))
    throw cannotDo('response_format', provider, 'its JSON has named fields, no additionalProperties; use json_object')
  const kept: Schema = {}
  const limits: string[] = []
  for (const [key, value] of fieldsOf(schema)) {
    if (isLimit(key, value)) limits.push(`${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    else if (named.has(key) && isRecord(value)) kept[key] = eachOf(value, provider)
    else kept[key === 'oneOf' ? 'anyOf' : key] = data.has(key) ? value : outputSchema(value, provider)
  }
  if (isObjectSchema(schema)) kept['additionalProperties'] = false
  if (limits.length > 0) kept['description'] = `${textOf(schema['description'])} {${limits.join(', ')}}`.trim()
  return kept
}

function eachOf(schemas: Schema, provider: string): Schema {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, outputSchema(schema, provider)]))
}

const isLimit = (key: string, value: unknown): boolean =>
  described.has(key) || (key === 'format' && typeof value === 'string' && !formats.has(value))

/** Nothing but definitions may stand beside a reference. */
function fieldsOf(schema: Schema): [string, unknown][] {
  const fields = Object.entries(schema)
  return schema['$ref'] === undefined ? fields : fields.filter(([key]) => key === '$ref' || named.has(key))
}

function isObjectSchema({ type }: Schema): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
}

function isOpen({ additionalProperties, patternProperties }: Schema): boolean {
  return additionalProperties === true || isRecord(additionalProperties) || isRecord(patternProperties)
}
