import type { IncomingMessage } from 'node:http'
import { type Behaviour, behaviourOf, isFailing, isSandboxKey } from './behaviour.ts'
import { type Answer, type Call, type JsonAnswer, Problem, type Route } from './call.ts'
import { type FailureBody, fillIn } from './failures/failure.ts'
import { problemBody } from './failures/problems.ts'
import { drainBody, readJson } from './read-body.ts'
import { inSubprotocol } from './read-credential.ts'
import { readForm } from './read-form.ts'
import { type Vendor, vendorOf } from './vendors.ts'

/** Where a request goes: the played provider, and the path and query behind it. */
export interface Place {
  provider: string
  vendor: Vendor
  method: string
  path: string
  query: URLSearchParams
  requestId: string
  /** The key's last four characters, once it was read. */
  tail: string
}

export function placeOf(incoming: IncomingMessage, requestId: string): Place {
  const url = new URL(incoming.url ?? '/', 'http://sandbox')
  const [, provider = '', path = '/'] = /^\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? []
  const method = incoming.method ?? 'GET'
  return { provider, vendor: vendorOf(provider), method, path, query: url.searchParams, requestId, tail: '' }
}

/** The behaviour of the key in the provider's own place. @throws Problem when there is none, or two. */
export function readBehaviour(incoming: IncomingMessage, place: Place): Behaviour {
  const { path, query, vendor } = place
  const { headers } = incoming
  const key = inSubprotocol(headers) ?? vendor.readCredential({ path, query, headers })
  place.tail = key.slice(-4)
  return isSandboxKey(key) ? behaviourOf(key) : 'invalid'
}

export interface Answered {
  answer: Answer
  behaviour: Behaviour
}

/** What the provider answers to this request with this key. */
export async function answerCall(incoming: IncomingMessage, place: Place, found: Route | undefined): Promise<Answered> {
  const { provider, vendor, method, path, query, requestId } = place
  let behaviour: Behaviour = 'ok'
  try {
    behaviour = readBehaviour(incoming, place)
    if (isFailing(behaviour)) return { behaviour, answer: failureAnswer(vendor.failures[behaviour], place) }
    if (!found) throw new Problem('route_not_found', `${method} ${path}`)
    const call: Call = {
      provider,
      method,
      path,
      query,
      headers: incoming.headers,
      behaviour,
      requestId,
      parts: found.path.exec(path)?.groups ?? {},
      overloaded: failureAnswer(vendor.failures.down, place).json,
      json: () => readJson(incoming),
      form: () => readForm(incoming),
      drain: () => drainBody(incoming),
    }
    return { behaviour, answer: await found.answer(call) }
  } catch (error) {
    if (error instanceof Problem) return { behaviour, answer: problemAnswer(error, place) }
    throw error
  }
}

/** A wrong request's answer in the provider's shape. */
export function problemAnswer({ kind, subject }: Problem, place: Place): JsonAnswer {
  return failureAnswer(problemBody(place.vendor.dialect, kind, subject), place)
}

/** A failure filled in for this request. */
export function failureAnswer(failure: FailureBody, { vendor, path, query, requestId, tail }: Place): JsonAnswer {
  const words = { requestId, tail, permission: vendor.permission(path) }
  const body = fillIn(failure.body, words)
  const json = vendor.wrapsErrors?.({ path, query }) ? [body] : body
  return { status: failure.status, headers: fillIn(failure.headers ?? {}, words), json }
}
