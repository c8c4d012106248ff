import { OwnkeyError, type OwnkeyErrorCode } from '../contract/index.ts'
import { type Environment, knownAdminToken, type Log, localUrl, openControl } from '../server/index.ts'

export interface ApiQuestion {
  environment: Environment
  path: string
  body: unknown
}

interface Answered {
  status: number
  body: unknown
}

/**
 * Asks the control API as the operator: the server that runs on HOST:PORT, or, when nothing listens there, the same API in
 * this process on the same database, where it only reads. One API, so both say the same.
 * @throws OwnkeyError with the API's own words
 */
export async function askApi(question: ApiQuestion & { log: Log }): Promise<unknown> {
  const asked = await askRunning(question, { headers: {}, signal: AbortSignal.timeout(10_000) }, jsonOf)
  return asked ? asked.value : answerOf(await askInProcess(question))
}

/**
 * Asks the running server for something that may take hours: it tells how far it is, so that nothing between takes the
 * connection for dead.
 * @returns undefined when nothing listens on HOST:PORT
 * @throws OwnkeyError with the API's own words
 */
export function askLong(question: ApiQuestion): Promise<{ value: unknown } | undefined> {
  return askRunning(question, { headers: { accept: 'application/x-ndjson' } }, lastLineOf)
}

async function askRunning(
  { environment, path, body }: ApiQuestion,
  { headers, signal }: { headers: Record<string, string>; signal?: AbortSignal },
  read: (response: Response) => Promise<Answered>,
): Promise<{ value: unknown } | undefined> {
  const url = new URL(path, localUrl(environment))
  const token = knownAdminToken(environment)
  let answered: Answered
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    })
    answered = await read(response)
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw new OwnkeyError('unavailable', {
      detail: `What listens on ${url.host} did not answer as an Ownkey server does.`,
    })
  }
  if (answered.status === 401) throw otherToken(url.host)
  return { value: answerOf(answered) }
}

async function jsonOf(response: Response): Promise<Answered> {
  return { status: response.status, body: await response.json() }
}

/** `{"result": …}` or `{"problem": …}`, behind lines of progress; what is refused at once is a problem alone. */
async function lastLineOf(response: Response): Promise<Answered> {
  const text = await response.text()
  const last = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as { result?: unknown; problem?: { status: number } }
  if (response.status >= 300) return { status: response.status, body: last }
  return last.problem ? { status: last.problem.status, body: last.problem } : { status: 200, body: last.result }
}

function answerOf({ status, body }: Answered): unknown {
  if (status < 300) return body
  const problem = body as { detail?: string; title?: string; code?: string; fix?: string }
  throw new OwnkeyError((problem.code ?? 'internal') as OwnkeyErrorCode, {
    detail: problem.detail ?? problem.title ?? `The server answered with ${status}.`,
    ...(problem.fix && { fix: problem.fix }),
  })
}

function otherToken(host: string): OwnkeyError {
  return new OwnkeyError('token_invalid', {
    detail: `The server on ${host} has another operator’s token than this command.`,
    fix: 'Set OWNKEY_ADMIN_TOKEN, or OWNKEY_DATA_DIR where it was generated, as for the server; HOST and PORT say which server is asked.',
  })
}

function isNobodyThere(error: unknown): boolean {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
}

async function askInProcess({ environment, log, path, body }: ApiQuestion & { log: Log }): Promise<Answered> {
  const { control, adminToken, close } = await openControl({ environment, log })
  try {
    const answer = await control.inject({
      method: 'POST',
      url: path,
      headers: { authorization: `Bearer ${adminToken.reveal()}` },
      payload: body as object,
    })
    return { status: answer.statusCode, body: answer.json() }
  } finally {
    await close()
  }
}
