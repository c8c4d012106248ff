import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problemSchema } from '../../contract/index.ts'
import { type Access, access } from './access.ts'
import { completeDocument } from './complete-document.ts'
import { problemContentType } from './problem.ts'
import type { AnyRoute, Tag } from './route.ts'
import { webhookDocument } from './webhook-document.ts'

const description = [
  'Everything that the console shows and does. Errors are problem details (RFC 9457) with a stable `code` and a `fix`.',
  'Send the operator’s token or a session token (`oks_…`) as a bearer. Lists go on with `nextCursor`; with `Accept: text/csv` they come as a table.',
].join('\n\n')

const tags: Readonly<Record<Tag, string>> = {
  'AI settings': 'What a settings page shows and asks: providers, features, whose key serves what, and why.',
  Keys: 'Own keys of organizations and users: save, test, replace, disable, remove.',
  Books: 'What was used: by day, feature or model, request by request, and what needs someone.',
  Organizations: 'The platform’s customers: their plan, add-ons and credits; export and deletion.',
  Sessions: 'Who may open the pages.',
  Tokens: 'What products send to the gateway in the place of a provider’s key.',
  Webhooks: 'What the configured endpoints are told, and what became of it.',
  Operator: 'Health, configuration, audit and maintenance of the whole server.',
}

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
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          session: { type: 'http', scheme: 'bearer', description: 'A session token, oks_….' },
          operator: { type: 'http', scheme: 'bearer', description: 'The operator’s token.' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => completeDocument(jsonSchemaTransformObject(document), webhookDocument),
  }
}

/** What the document says of who may call a route, to programs and to people. */
const callers: Readonly<Record<Access, { security: Record<string, string[]>[]; who: string }>> = {
  anyone: { security: [], who: 'Needs no token.' },
  signed_in: { security: [{ session: [] }, { operator: [] }], who: 'With a session’s token or the operator’s.' },
  member: { security: [{ session: [] }, { operator: [] }], who: 'For members of the organization, and the operator.' },
  manager: {
    security: [{ session: [] }, { operator: [] }],
    who: 'For members whose role is one of the plan’s `managers`, and the operator.',
  },
  operator: { security: [{ operator: [] }], who: 'For the operator.' },
}

/** What a list shows of a route, and all that there is to say. A route's summary may be several sentences. */
function described(summary: string, who: string) {
  const [first = summary] = summary.split(/(?<=\.) (?=[A-Z`])/)
  return { summary: first.replace(/\.$/, ''), description: `${summary} ${who}` }
}

/** The parts of a route's schema that are for the document and for serializing. */
export function routeDocument(route: AnyRoute): FastifySchema & Record<string, unknown> {
  const status = route.status ?? (route.answer || route.answersLines ? 200 : 204)
  const lists = route.path.match(/\/(usage|requests|audit|audit\/search|notices)$/)
  const { security, who } = callers[access[route.name] ?? 'operator']
  return {
    operationId: route.name,
    ...described(route.summary, who),
    tags: [route.tag],
    security,
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
