import { OwnkeyError, type OwnkeyErrorCode } from '../contract/index.ts'
import { adminTokenOf, type Environment, type Log, localUrl, openParts } from '../server/index.ts'

export interface ApiQuestion {
  environment: Environment
  log: Log
  path: string
  body: unknown
}

interface Answered {
  status: number
  body: unknown
}

/**
 * Asks the control API as the operator: the server that runs on HOST:PORT, or, when nothing listens there, the same API in
 * this process on the same database. One API, so both say the same.
 * @throws OwnkeyError with the API's own words
 */
export async function askApi(question: ApiQuestion): Promise<unknown> {
  const { status, body } = (await askRunning(question)) ?? (await askInProcess(question))
  if (status < 300) return body
  const problem = body as { detail?: string; title?: string; code?: string; fix?: string }
  throw new OwnkeyError((problem.code ?? 'internal') as OwnkeyErrorCode, {
    detail: problem.detail ?? problem.title ?? `The server answered with ${status}.`,
    ...(problem.fix && { fix: problem.fix }),
  })
}

async function askRunning({ environment, path, body }: ApiQuestion): Promise<Answered | undefined> {
  const url = new URL(path, localUrl(environment))
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminTokenOf(environment).reveal()}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    return { status: response.status, body: await response.json() }
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw new OwnkeyError('unavailable', {
      detail: `What listens on ${url.host} did not answer as an Ownkey server does.`,
    })
  }
}

function isNobodyThere(error: unknown): boolean {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
}

async function askInProcess({ environment, log, path, body }: ApiQuestion): Promise<Answered> {
  const parts = await openParts({ environment, sandbox: false, log })
  try {
    const answer = await parts.control.inject({
      method: 'POST',
      url: path,
      headers: { authorization: `Bearer ${adminTokenOf(environment).reveal()}` },
      payload: body as object,
    })
    return { status: answer.statusCode, body: answer.json() }
  } finally {
    await parts.close()
  }
}
