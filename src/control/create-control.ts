import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { OwnkeyError } from '../contract/index.ts'
import { parseJson, repeatedName } from '../lib/index.ts'
import type { ControlDeps, ControlOptions } from './deps.ts'
import { access, allow } from './http/access.ts'
import { answerErrors, logInternal, sendProblem } from './http/answer-errors.ts'
import { authenticate, authorizationOf } from './http/authenticate.ts'
import type { Caller } from './http/caller.ts'
import { allowOrigins } from './http/cors.ts'
import { csvContentType, toCsv } from './http/csv.ts'
import { fieldErrors, isShown, type RequestPart } from './http/field-errors.ts'
import { createLines, wantsLines } from './http/lines.ts'
import { openApiOptions, routeDocument } from './http/openapi.ts'
import { originOf } from './http/origin-of.ts'
import { plainWords } from './http/plain-words.ts'
import { asOwnkeyError } from './http/problem.ts'
import type { AnyRoute, CsvAnswer, LinesAnswer, LocatedAnswer } from './http/route.ts'
import { findUnstorable } from './http/unstorable.ts'
import { routes } from './routes/index.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined
  }
}

/** What a route does not take is refused, also where it takes nothing. */
const noQuery = z.strictObject({})

/** Longest body, unless a route says otherwise. */
const bodyLimit = 64 * 1024

/**
 * The control API under `/api/v1`. It binds no port: after `await instance.ready()`, `instance.routing(request, response)`
 * answers every request of a `node:http` server that is for it.
 */
export function createControl(options: ControlOptions): FastifyInstance {
  const deps: ControlDeps = { ...options, managersOf: managersOf(options) }
  const app = fastify({
    bodyLimit,
    // Whatever GET answers can be asked for its head: monitors and load balancers do.
    exposeHeadRoutes: true,
    logger: false,
    // A path that cannot be decoded never reaches a route; it is answered like an unknown one.
    frameworkErrors: (error, request, reply) => sendProblem(asOwnkeyError(error), request, reply),
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
  })
  app.setValidatorCompiler(
    ({ schema, httpPart }) =>
      (data) =>
        validate(schema as z.ZodType, httpPart, data),
  )
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('caller', undefined)
  readJsonBodies(app)
  answerErrors(app, deps)
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    reply.header('x-content-type-options', 'nosniff')
  })
  allowOrigins(app, () => deps.inForce().config.platform.origins)
  app.register(swagger, openApiOptions(deps.version))
  app.after(() => {
    for (const route of routes) register(app, route, deps)
    app.get('/api/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('application/json').serializer(JSON.stringify).send(app.swagger()),
    )
  })
  return app
}

/** Who manages in an organization, by its plan; nobody where there is none. */
function managersOf({ tenants, inForce }: ControlOptions): ControlDeps['managersOf'] {
  return async (org) => {
    const tenant = await tenants.get(org)
    return (tenant && inForce().policy.plans.get(tenant.plan)?.managers) ?? []
  }
}

function register(app: FastifyInstance, route: AnyRoute, deps: ControlDeps): void {
  if (!access[route.name]) throw new Error(`The route ${route.name} has no row in the access table.`)
  app.route({
    method: route.method,
    url: route.path,
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    schema: {
      ...(route.params ? { params: route.params } : {}),
      querystring: route.query ?? noQuery,
      ...(route.body ? { body: route.body } : {}),
      ...routeDocument(route),
    },
    // Before the body is read: whoever may not call this does not get to send one either.
    onRequest: async (request) => {
      request.caller = await authenticate(authorizationOf(request.raw), {
        database: deps.database,
        adminToken: deps.adminToken,
        now: deps.clock.now,
      })
      const org = (request.params as { org?: string }).org
      await allow({ route: route.name, caller: request.caller, org, managersOf: deps.managersOf })
    },
    // "Nothing" is a valid body where every field is optional.
    preValidation: async (request) => {
      if (route.body && request.body === undefined) request.body = {}
    },
    handler: (request, reply) => run(route, { request, reply, deps }),
  })
}

interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
  deps: ControlDeps
}

async function run(route: AnyRoute, exchange: Exchange): Promise<unknown> {
  const { request, reply } = exchange
  if (route.tellsProgress && wantsLines(request)) {
    const lines = createLines(reply, (error) => logInternal(error, exchange))
    return lines.end(
      () => handle(route, exchange, lines.tell),
      (answer) => route.answer.parse(answer),
    )
  }
  const answer = await handle(route, exchange, () => {})
  if (isCsv(answer)) return sendCsv(answer, reply)
  if (isLines(answer)) return reply.type('application/x-ndjson').send(Readable.from(answer.lines))
  if (!route.answer && isLocated(answer)) return reply.code(204).header('location', answer.location).send()
  return reply.code(route.status ?? (route.answer ? 200 : 204)).send(answer)
}

async function handle(
  route: AnyRoute,
  { request, deps }: Exchange,
  tell: (progress: object) => void,
): Promise<unknown> {
  // A change of keys closes notices that earlier requests caused, so those must be written first, too.
  if (route.method === 'GET' || route.tag === 'Keys') await deps.catchUp((request.params as { org?: string }).org)
  return route.handle(
    {
      params: request.params,
      query: request.query,
      body: request.body,
      caller: request.caller as Caller,
      ip: request.ip,
      csv: wantsCsv(request),
      tell,
      requestOrigin: originOf(request) ?? deps.publicUrl(),
    },
    deps,
  )
}

function isCsv(answer: unknown): answer is CsvAnswer {
  return typeof answer === 'object' && answer !== null && 'csv' in answer
}

function isLines(answer: unknown): answer is LinesAnswer {
  return typeof answer === 'object' && answer !== null && 'lines' in answer
}

function isLocated(answer: unknown): answer is LocatedAnswer {
  return typeof answer === 'object' && answer !== null && 'location' in answer
}

function sendCsv({ csv, nextCursor }: CsvAnswer, reply: FastifyReply): FastifyReply {
  if (nextCursor !== null) reply.header('ownkey-next-cursor', nextCursor)
  return reply
    .type(csvContentType)
    .header('content-disposition', 'attachment')
    .serializer((text: string) => text)
    .send(toCsv(csv))
}

function wantsCsv(request: FastifyRequest): boolean {
  return /^\s*text\/csv\b/i.test(request.headers.accept ?? '')
}

const parts: Readonly<Record<string, RequestPart>> = { body: 'body', querystring: 'query', params: 'params' }

function validate(
  schema: z.ZodType,
  httpPart: string | undefined,
  data: unknown,
): { value: unknown } | { error: Error } {
  const part = parts[httpPart ?? 'body'] ?? 'body'
  const parsed = schema.safeParse(data, { error: plainWords })
  const unstorable = parsed.success ? findUnstorable(parsed.data, [part]) : undefined
  if (parsed.success && !unstorable) return { value: parsed.data }
  const errors = unstorable
    ? [
        {
          field: unstorable.join('.'),
          detail: 'It holds a character that no text has: U+0000, or half of a surrogate pair.',
          code: 'wrong' as const,
        },
      ]
    : fieldErrors(part, schema, parsed.error?.issues ?? [])
  const [first] = errors
  return {
    error: new OwnkeyError('request_invalid', {
      detail: first ? `${first.field}: ${first.detail}` : 'The request breaks its schema.',
      errors,
    }),
  }
}

/** Own parser: an empty body is no body, and a broken one is refused without a word of it in the error. */
function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (_request, read, done) => {
    const bytes = read as Buffer
    if (bytes.length === 0) return done(null, undefined)
    // Bytes that are not UTF-8 would be decoded as U+FFFD and stored so.
    if (!isUtf8(bytes)) {
      const detail = 'The body is not UTF-8.'
      return done(new OwnkeyError('request_invalid', { detail, fix: 'Send JSON in UTF-8, without compression.' }))
    }
    try {
      const body = parseJson(bytes)
      const repeated = repeatedName(bytes.toString('utf8'))
      if (repeated === undefined) done(null, body)
      else done(saidTwice(repeated))
    } catch {
      done(new OwnkeyError('request_invalid', { detail: 'The body is not valid JSON.', fix: 'Send one JSON object.' }))
    }
  })
}

function saidTwice(name: string): OwnkeyError {
  const shown = isShown(name) ? `"${name}"` : 'A field'
  return new OwnkeyError('request_invalid', {
    detail: `${shown} stands twice in one object of the body.`,
    fix: 'Send each field once.',
  })
}
