interface Schema {
  $ref?: string
  required?: readonly string[]
}

interface Document {
  paths?: Record<
    string,
    Record<string, { requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> } }>
  >
  components?: { schemas?: Record<string, Schema> }
}

const referencePrefix = '#/components/schemas/'

/**
 * Corrects what the OpenAPI generator gets wrong: a body without required fields is itself optional; and schemas that nothing refers to
 * are removed (each schema is made twice, for requests and for answers). Adds what it has no place for: the webhooks.
 */
export function completeDocument<Given extends object>(document: Given, webhooks: object): Given {
  const { paths = {}, components = {} } = document as Document
  const schemas = components.schemas ?? {}
  for (const { requestBody } of Object.values(paths).flatMap((operations) => Object.values(operations))) {
    if (!requestBody) continue
    requestBody.required = Object.values(requestBody.content).some(
      ({ schema }) => (resolved(schema, schemas).required ?? []).length > 0,
    )
  }
  const used = referencedFrom({ paths, webhooks }, schemas)
  return {
    ...document,
    webhooks,
    components: {
      ...components,
      schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name))),
    },
  }
}

function resolved(schema: Schema, schemas: Record<string, Schema>): Schema {
  return (schema.$ref && schemas[schema.$ref.slice(referencePrefix.length)]) || schema
}

/** Names of the schemas that are reached from here, also by way of others. */
function referencedFrom(value: unknown, schemas: Record<string, Schema>, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  const { $ref } = value as Schema
  const name = typeof $ref === 'string' ? $ref.slice(referencePrefix.length) : undefined
  if (name !== undefined && !found.has(name)) referencedFrom(schemas[name], schemas, found.add(name))
  for (const inner of Object.values(value)) referencedFrom(inner, schemas, found)
  return found
}
