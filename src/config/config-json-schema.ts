import { z } from 'zod'
import { entryOf } from '../lib/index.ts'
import { configSchema } from './schema.ts'

/** What this project uses of JSON Schema. */
export interface JsonSchema {
  type?: string
  description?: string
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  propertyNames?: JsonSchema
  items?: JsonSchema
  enum?: readonly unknown[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minLength?: number
  minItems?: number
  format?: string
  pattern?: string
  required?: readonly string[]
  [keyword: string]: unknown
}

/** The configuration file's JSON Schema (2020-12), for editors. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema
  return {
    ...schema,
    title: 'Ownkey configuration',
    description: 'Platform-level facts of an Ownkey server (ownkey.yaml).',
  }
}

/** The schema of one place in the file; undefined behind an unknown field. */
export function schemaAt(schema: JsonSchema, path: readonly (string | number)[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, step) => {
    if (typeof step === 'number') return at?.items
    const beside = typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined
    return entryOf(at?.properties ?? {}, step) ?? beside
  }, schema)
}

/** What may stand there, in words. */
export function describeSchema(schema: JsonSchema | undefined): string {
  if (!schema) return 'nothing'
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  return (describers[schema.type ?? ''] ?? (() => 'a value'))(schema)
}

const describers: Readonly<Record<string, (schema: JsonSchema) => string>> = {
  string: ({ format }) => (format === 'uri' ? 'an address, http:// or https://' : 'a text'),
  boolean: () => 'true or false',
  integer: (schema) => `a whole number${bounds(schema)}`,
  number: (schema) => `a number${bounds(schema)}`,
  array: ({ items, minItems }) => `a list, each ${describeSchema(items)}${minItems ? `; at least ${minItems}` : ''}`,
  object: ({ properties }) =>
    properties && Object.keys(properties).length > 0
      ? `a mapping with ${Object.keys(properties).join(', ')}`
      : 'a mapping',
}

function bounds({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const low =
    exclusiveMinimum !== undefined
      ? ` above ${exclusiveMinimum}`
      : minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER
        ? ` ≥ ${minimum}`
        : ''
  return maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `${low} and ≤ ${maximum}` : low
}
