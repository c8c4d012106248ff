import { type Dialect, OwnkeyError, responseHeaders } from '../contract/index.ts'
import { Roster, within } from '../lib/index.ts'
import type { CallerResponse } from './caller-messages.ts'
import { renderError } from './dialect-errors.ts'
import type { Exchange } from './exchange.ts'
import { writeOwnError } from './write-answer.ts'

/** How long a slow caller may take to read the error; then its connection is cut. */
const tellWithinMs = 1_000

/** All answers under way, so that callers who still wait when the server stops are told why. */
export class OpenAnswers {
  private readonly exchanges = new Roster<Exchange>()

  add(exchange: Exchange): void {
    this.exchanges.add(exchange)
  }

  delete(exchange: Exchange): void {
    this.exchanges.delete(exchange)
  }

  /**
   * Ends them all. An answer that has not begun becomes an error; a stream of events gets an error event in its dialect; of any
   * other the connection breaks, so that nobody takes half an answer for a whole one. Resolves when all callers have been told.
   */
  async endAll(): Promise<void> {
    await Promise.all(this.exchanges.list().map(endOne))
  }
}

async function endOne(exchange: Exchange): Promise<void> {
  const { res, call, requestId } = exchange
  const error = new OwnkeyError('unavailable', {
    detail: 'The server is being stopped, and this answer took longer than it could wait.',
    fix: 'Send the request again.',
    retryAfterSeconds: 1,
  })
  if (!res.headersSent) {
    exchange.abandon()
    if (!res.destroyed) writeOwnError(exchange, error, [responseHeaders.requestId, requestId, 'connection', 'close'])
    await within(tellWithinMs, isOut(res))
  } else if (call?.passesEvents) {
    await within(tellWithinMs, new Promise<void>((done) => void res.write(errorEvent(exchange, error), done)))
    call.abort()
  }
}

function isOut(res: CallerResponse): Promise<void> {
  return new Promise((done) => void (res.writableFinished ? done() : res.once('close', done)))
}

/** Begins with a blank line, which ends an event that was cut in the middle. */
function errorEvent({ dialect, target, requestId }: Exchange, error: OwnkeyError): string {
  const { body } = renderError(dialect, error, requestId)
  const isResponses = dialect === 'openai' && target !== undefined && /\/responses$/.test(target.path)
  const { name, data } = isResponses ? responsesEvent(body) : { name: namesOfErrors[dialect], data: body }
  return `\n\n${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** What an error's event is called where a dialect's events have names. */
const namesOfErrors: Partial<Record<Dialect, string>> = { anthropic: 'error' }

/** OpenAI's Responses tell errors flat, in an event with a name. */
function responsesEvent(body: unknown): { name: string; data: object } {
  const { message, code } = (body as { error: { message: string; code: string } }).error
  return { name: 'error', data: { type: 'error', code, message, param: null } }
}
