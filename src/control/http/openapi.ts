import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problemSchema } from '../../contract/index.ts'
import { access } from './access.ts'
import { completeDocument } from './complete-document.ts'
import { problemContentType } from './problem.ts'
import type { AnyRoute } from './route.ts'

const description = [
  'Everything that the console shows and does. Errors are problem details (RFC 9457) with a stable `code` and a `fix`.',
  'Send the operator’s token or a session token (`oks_…`) as a bearer. Lists go on with `nextCursor`; with `Accept: text/csv` they come as a table.',
].join('\n\n')

/** The document is made from the schemas that parse requests and serialize answers; there is no second truth. */
export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ownkey control API',
        version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          session: { type: 'http', scheme: 'bearer', description: 'A session token, oks_….' },
          operator: { type: 'http', scheme: 'bearer', description: 'The operator’s token.' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => completeDocument(jsonSchemaTransformObject(document)),
  }
}

const security: Readonly<Record<string, Record<string, string[]>[]>> = {
  anyone: [],
  signed_in: [{ session: [] }, { operator: [] }],
  member: [{ session: [] }, { operator: [] }],
  manager: [{ session: [] }, { operator: [] }],
  operator: [{ operator: [] }],
}

/** The parts of a route's schema that are for the document and for serializing. */
export function routeDocument(route: AnyRoute): FastifySchema & Record<string, unknown> {
  const status = route.status ?? (route.answer || route.answersLines ? 200 : 204)
  const lists = route.path.match(/\/(usage|requests|audit|audit\/search|notices)$/)
  return {
    operationId: route.name,
    summary: route.summary,
    tags: [route.tag],
    security: security[access[route.name] ?? 'operator'] ?? [],
    response: {
      [status]: route.answer
        ? {
            description: route.summary,
            content: {
              'application/json': { schema: route.answer },
              ...(lists ? { 'text/csv': { schema: z.string() } } : {}),
              ...(route.tellsProgress ? { 'application/x-ndjson': { schema: z.string() } } : {}),
            },
          }
        : route.answersLines
          ? { description: route.summary, content: { 'application/x-ndjson': { schema: z.string() } } }
          : z.null().describe('Done; no body.'),
      default: {
        description: 'What went wrong, and what to do.',
        content: { [problemContentType.split(';')[0] as string]: { schema: problemSchema } },
      },
    },
  }
}
