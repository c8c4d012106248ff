import { isRecord, textOf } from '../json.ts'

/** Keywords whose values are data, not schemas. */
const data: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])

/** Limits that Anthropic's JSON output refuses; the model is told of them in the description instead, as its SDK does. */
const described: ReadonlySet<string> = new Set([
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
])

/** A schema as Anthropic's JSON output takes it: every object closed, limits in words. */
export function outputSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(outputSchema)
  if (!isRecord(schema)) return schema
  const kept: Record<string, unknown> = {}
  const limits: string[] = []
  for (const [key, value] of Object.entries(schema)) {
    if (described.has(key) && typeof value !== 'object') limits.push(`${key}: ${String(value)}`)
    else if (key === 'properties' && isRecord(value)) kept[key] = eachOf(value)
    else kept[key] = data.has(key) ? value : outputSchema(value)
  }
  if (isObjectSchema(schema)) kept['additionalProperties'] = false
  if (limits.length > 0) kept['description'] = `${textOf(schema['description'])} {${limits.join(', ')}}`.trim()
  return kept
}

/** Names of fields are the caller's own, and may be those of keywords. */
function eachOf(properties: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, outputSchema(schema)]))
}

function isObjectSchema({ type }: Record<string, unknown>): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
}
