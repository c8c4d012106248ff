import { PassThrough } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OwnkeyError } from '../../contract/index.ts'
import { asOwnkeyError, toProblem } from './problem.ts'

export const linesContentType = 'application/x-ndjson; charset=utf-8'

export function wantsLines(request: FastifyRequest): boolean {
  return /^\s*application\/x-ndjson\b/i.test(request.headers.accept ?? '')
}

/**
 * An answer of JSON lines. It begins with the first line, so that what fails before is refused with its own status; what fails
 * after that is told in a last line, `{"problem": …}`.
 */
export function createLines(reply: FastifyReply, onError: (error: OwnkeyError) => void) {
  let body: PassThrough | undefined
  const tell = (line: object): void => {
    if (!body) {
      body = new PassThrough()
      // A proxy that collects the answer would show everything at its end.
      reply.type(linesContentType).header('x-accel-buffering', 'no').send(body)
    }
    body.write(`${JSON.stringify(line)}\n`)
  }
  return {
    tell,
    async end(work: () => Promise<unknown>, shown: (answer: unknown) => unknown): Promise<FastifyReply> {
      try {
        tell({ result: shown(await work()) })
      } catch (thrown) {
        if (!body) throw thrown
        const error = asOwnkeyError(thrown)
        onError(error)
        tell({ problem: toProblem(error, reply.request.url.split('?', 1)[0] ?? '/') })
      }
      body?.end()
      return reply
    },
  }
}
