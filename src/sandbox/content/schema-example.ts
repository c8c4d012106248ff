import { entryOf } from '../../lib/index.ts'
import { type JsonObject, objectOf } from '../call.ts'

/** Deeper than this, optional parts are left out, so that recursive schemas come to an end. */
const deepest = 6
/** A schema that asks for more gets this much: it is a sandbox. */
const mostItems = 1000
const longestText = 10_000

/** The smallest plain value that is valid under a JSON schema (or Google's dialect of it); its texts say sandbox. */
export function exampleOf(schema: unknown): unknown {
  return example(schema, { root: schema, depth: 0 })
}

interface Place {
  root: unknown
  depth: number
}

function example(schema: unknown, place: Place): unknown {
  const one = resolved(objectOf(schema), place)
  if ('const' in one) return one['const']
  if (Array.isArray(one['enum'])) return one['enum'][0]
  const choice = [one['anyOf'], one['oneOf']].find((list) => Array.isArray(list) && list.length > 0) as
    | unknown[]
    | undefined
  if (choice) return example(place.depth > deepest ? simplest(choice) : choice[0], deeper(place))
  return (entryOf(makers, typeOf(one)) ?? (() => null))(one, place)
}

const deeper = (place: Place): Place => ({ ...place, depth: place.depth + 1 })

function simplest(choices: unknown[]): unknown {
  return choices.find((choice) => !['object', 'array'].includes(typeOf(objectOf(choice)))) ?? choices[0]
}

function resolved(schema: JsonObject, place: Place): JsonObject {
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const target = reference
      .replace(/^#\/?/, '')
      .split('/')
      .filter(Boolean)
      .reduce<unknown>((at, step) => objectOf(at)[step.replaceAll('~1', '/').replaceAll('~0', '~')], place.root)
    return place.depth > 40 ? {} : resolved(objectOf(target), deeper(place))
  }
  if (!Array.isArray(schema['allOf'])) return schema
  const parts = [schema, ...schema['allOf'].map((part) => resolved(objectOf(part), deeper(place)))]
  return {
    ...Object.assign({}, ...parts),
    allOf: undefined,
    properties: Object.assign({}, ...parts.map((part) => part['properties'])),
    required: parts.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : [])),
  }
}

function typeOf(schema: JsonObject): string {
  const type = Array.isArray(schema['type']) ? schema['type'].find((one) => one !== 'null') : schema['type']
  if (typeof type === 'string') return type.toLowerCase()
  if (schema['properties']) return 'object'
  return schema['items'] ? 'array' : 'string'
}

const makers: Record<string, (schema: JsonObject, place: Place) => unknown> = {
  object: (schema, place) => {
    const required = Array.isArray(schema['required']) ? schema['required'] : []
    const properties = Object.entries(objectOf(schema['properties']))
    const wanted = properties.filter(([name]) => place.depth < deepest || required.includes(name))
    return Object.fromEntries(wanted.map(([name, inner]) => [name, example(inner, deeper(place))]))
  },
  array: (schema, place) => {
    const most = numberOf(schema['maxItems'], Number.POSITIVE_INFINITY)
    const count = Math.min(most, numberOf(schema['minItems'], place.depth < deepest ? 1 : 0))
    const first = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []
    const length = Math.min(mostItems, Math.max(count, first.length))
    return Array.from({ length }, (_, index) => example(first[index] ?? schema['items'], deeper(place)))
  },
  string: text,
  integer: (schema) => number(schema, true),
  number: (schema) => number(schema, false),
  boolean: () => true,
  null: () => null,
}

const formats: Record<string, string> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'sandbox@example.com',
  hostname: 'sandbox.example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/sandbox',
  uuid: '00000000-0000-4000-8000-000000000000',
}

/** Tried in turn against a pattern. */
const commonTexts = [
  'sandbox',
  'Sandbox',
  'SANDBOX',
  's',
  'S',
  'SX',
  'sbx',
  'SBX',
  '1',
  '12',
  '123',
  '1234',
  '12345',
  '1.0.0',
  'A1',
  '#ffffff',
  '+10000000000',
  '@sandbox',
  ...Object.values(formats),
]

function text(schema: JsonObject): string {
  const pattern = schema['pattern']
  if (typeof pattern === 'string') return patterned(pattern)
  const format = entryOf(formats, schema['format'])
  if (format) return format
  const least = numberOf(schema['minLength'], 0)
  const most = numberOf(schema['maxLength'], Number.POSITIVE_INFINITY)
  return 'sandbox'.padEnd(Math.min(least, longestText), ' sandbox').slice(0, most)
}

function patterned(pattern: string): string {
  try {
    const expression = new RegExp(pattern, 'u')
    return commonTexts.find((one) => expression.test(one)) ?? 'sandbox'
  } catch {
    return 'sandbox'
  }
}

function number(schema: JsonObject, whole: boolean): number {
  const step = numberOf(schema['multipleOf'], whole ? 1 : 0)
  const above = Math.max(
    numberOf(schema['minimum'], Number.NEGATIVE_INFINITY),
    numberOf(schema['exclusiveMinimum'], Number.NEGATIVE_INFINITY) + (step || 0.5),
  )
  const below = Math.min(
    numberOf(schema['maximum'], Number.POSITIVE_INFINITY),
    numberOf(schema['exclusiveMaximum'], Number.POSITIVE_INFINITY) - (step || 0.5),
  )
  const wanted = Math.min(Math.max(1, above), below)
  if (!step) return wanted
  const up = Math.ceil(wanted / step) * step
  return up <= below ? up : Math.floor(wanted / step) * step
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}
