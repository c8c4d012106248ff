import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from './call.ts'

/** Where a request may carry its credential. */
interface Credentials {
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
}

/** @returns the key from the provider's own place. @throws Problem `key_missing`, `two_credentials`, `wrong_credential` */
export type ReadCredential = (credentials: Credentials) => string

function one(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

function withScheme(headers: IncomingHttpHeaders, scheme: string): string | undefined {
  const value = one(headers, 'authorization')
  const begins = value?.toLowerCase().startsWith(`${scheme} `)
  return begins ? value?.slice(scheme.length + 1).trim() : undefined
}

/** What official clients that cannot set headers offer as a WebSocket subprotocol: the key, alone or behind a word. */
export function inSubprotocol(headers: IncomingHttpHeaders): string | undefined {
  const offered = one(headers, 'sec-websocket-protocol')?.split(',') ?? []
  return offered.map((name) => name.trim()).find((name) => name.includes('sandbox'))
}

function required(key: string | undefined): string {
  if (!key) throw new Problem('key_missing')
  return key
}

/** `Authorization: <scheme> <key>`, in any of the schemes. */
export const inAuthorization =
  (...schemes: string[]): ReadCredential =>
  ({ headers }) =>
    required(schemes.map((scheme) => withScheme(headers, scheme)).find(Boolean))

/** `Authorization: <key>` */
export const bareAuthorization: ReadCredential = ({ headers }) => required(one(headers, 'authorization'))

/** A header of the provider's own; with `bearer`, `Authorization: Bearer` too. */
export const inHeader =
  (name: string, { bearer = false } = {}): ReadCredential =>
  ({ headers }) =>
    required(one(headers, name) ?? (bearer ? withScheme(headers, 'bearer') : undefined))

/** Google takes one credential and no second one; native routes take no bearer, the OpenAI routes do. */
export const googleCredential: ReadCredential = ({ path, query, headers }) => {
  const bearer = withScheme(headers, 'bearer')
  const keys = [one(headers, 'x-goog-api-key'), query.get('key') ?? undefined]
  const given = [bearer, ...keys].filter((key) => key !== undefined)
  if (given.length > 1) throw new Problem('two_credentials')
  if (bearer !== undefined && !path.includes('/openai/')) throw new Problem('wrong_credential')
  return required(given[0])
}
