import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OwnkeyError, responseHeaders } from '../../contract/index.ts'
import type { ControlDeps } from '../deps.ts'
import { createMethodFinder } from './methods.ts'
import { asOwnkeyError, problemContentType, toProblem } from './problem.ts'

/** Answers whatever was thrown, a wrong address and a wrong method as problem details. To be called before any route is registered. */
export function answerErrors(app: FastifyInstance, deps: Pick<ControlDeps, 'log'>): void {
  const methodsOf = collectMethods(app)
  app.setErrorHandler((thrown, request, reply) => {
    // For an unknown path, that is the error, whatever else the framework finds wrong with the request.
    if (request.is404) return answerNotFound(methodsOf, request, reply)
    const error = asOwnkeyError(thrown)
    logInternal(error, { request, deps })
    return sendProblem(error, request, reply)
  })
  app.setNotFoundHandler((request, reply) => answerNotFound(methodsOf, request, reply))
}

/** Collects every route that is registered, except the pages, which answer any path. @returns the methods of a path */
function collectMethods(app: FastifyInstance): (path: string) => string[] {
  const known: { method: string; path: string }[] = []
  let find: ((path: string) => string[]) | undefined
  app.addHook('onRoute', ({ method, url }) => {
    if (url.includes('*')) return
    for (const one of [method].flat()) known.push({ method: one, path: url })
    find = undefined
  })
  return (path) => {
    find ??= createMethodFinder(known)
    return find(path)
  }
}

function answerNotFound(
  methodsOf: (path: string) => string[],
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const methods = methodsOf(request.url.split('?', 1)[0] ?? '')
  // The path and the method exist, so it was the id in the path that no route takes (600 characters, say).
  if (methods.length === 0 || methods.includes(request.method))
    return sendProblem(new OwnkeyError('not_found'), request, reply)
  reply.header('allow', methods.join(', '))
  const useful = methods.filter((method) => method !== 'HEAD')
  return sendProblem(new OwnkeyError('method_not_allowed', { fix: `Use ${useful.join(' or ')}.` }), request, reply)
}

/** The log writes an error's name, code and place, never its message: a driver's can hold values. */
export function logInternal(
  error: OwnkeyError,
  { request, deps }: { request: FastifyRequest; deps: Pick<ControlDeps, 'log'> },
): void {
  if (error.code === 'internal')
    deps.log.error('control_failed', { error: error.cause, route: request.routeOptions.url })
}

export function sendProblem(error: OwnkeyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Set here, because a request without a route passes no hook that would set them.
  reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  if (error.status === 401) reply.header('www-authenticate', 'Bearer')
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
  return reply
    .code(error.status)
    .header(responseHeaders.error, error.code)
    .type(problemContentType)
    .serializer(JSON.stringify)
    .send(toProblem(error, request.url.split('?', 1)[0] ?? '/'))
}
