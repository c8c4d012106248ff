/** Holds answers against an OpenAPI document: every status must be described, and every JSON body must fit its schema. */
import { z } from 'zod'

interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  requestBody?: { required: boolean }
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}

export interface OpenApiDocument {
  openapi: string
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
  components: { schemas: Record<string, object> }
}

export interface CheckedAnswer {
  method: string
  path: string
  status: number
  headers: Headers
  body: unknown
}

/** Throws with the place of the first thing that the document does not allow. Paths that it does not know are not checked. */
export function createDocumentCheck(document: OpenApiDocument): (answer: CheckedAnswer) => void {
  const known = Object.entries(document.paths).map(([path, operations]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+').replaceAll('.', '\\.')}$`),
    literal: !path.includes('{') || path.endsWith('current'),
    operations,
  }))
  const schemas = new Map<object, z.ZodType>()
  const schemaOf = (schema: object) => {
    const compiled = schemas.get(schema) ?? z.fromJSONSchema(selfContained(schema, document) as never)
    schemas.set(schema, compiled)
    return compiled
  }
  return ({ method, path, status, headers, body }) => {
    const fitting = known.filter(({ pattern, operations }) => pattern.test(path) && operations[method.toLowerCase()])
    const operation = (fitting.find(({ literal }) => literal) ?? fitting[0])?.operations[method.toLowerCase()]
    if (!operation) return
    const described =
      operation.responses[String(status)] ?? (status >= 400 ? operation.responses['default'] : undefined)
    if (!described) throw new Error(`${operation.operationId}: the document does not describe status ${status}`)
    const type = (headers.get('content-type') ?? '').split(';')[0] as string
    if (status === 204) return
    const schema = described.content?.[type]?.schema
    if (!schema)
      throw new Error(`${operation.operationId}: the document does not describe ${type} for status ${status}`)
    if (!/[/+]json/.test(type)) return
    const parsed = schemaOf(schema).safeParse(body)
    if (!parsed.success) throw new Error(`${operation.operationId} ${status}: ${z.prettifyError(parsed.error)}`)
  }
}

/** The schema with everything that it refers to inside it. */
function selfContained(schema: object, { components }: OpenApiDocument): object {
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        name === '$ref' ? String(inner).replace('#/components/schemas/', '#/$defs/') : move(inner),
      ]),
    )
  }
  return { ...(move(schema) as object), $defs: move(components.schemas) as object }
}
