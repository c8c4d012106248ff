import { OwnkeyError, requestHeaders } from '../../contract/index.ts'
import { type PassHolder, passPrefix } from './address-passes.ts'

/** Every header in which a provider's SDK puts its key, so where callers put their Ownkey token. Never sent upstream. */
export const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'xi-api-key',
  'api-subscription-key',
  'ocp-apim-subscription-key',
  'proxy-authorization',
  'x-goog-iam-authorization-token',
])

/** What a request says about itself, read from its headers in one walk. */
export interface RequestHead {
  token: string
  /** From the `Ownkey-…` headers; '' where the header is there and empty. */
  org?: string
  feature?: string
  user?: string
  environment?: string
  requestId?: string
  /** Its type in lower case, its parameters as the caller wrote them; '' when absent. */
  contentType: string
  /** `Content-Encoding`; absent: the body is not compressed. */
  contentEncoding?: string
  /** Absent: chunked, or no body. */
  contentLength: number | undefined
  hasBody: boolean
  /** The query for the upstream: credentials cut out, the rest byte for byte. */
  query: string
}

type OwnkeyHeader = keyof typeof requestHeaders
const ownkeyHeaders = new Map<string, OwnkeyHeader>(
  Object.entries(requestHeaders).map(([field, name]) => [name, field as OwnkeyHeader]),
)

const credentialQuery = /^(?:key|api-key|api_key|token|access_token|xi-api-key|single_use_token)$/
const scheme = /^(?:Bearer|Token|Basic)(?:[ \t]+|$)/i
const visible = /^[\x21-\x7e]{1,256}$/

/** Gives the holder of a pass. @param query the one that goes up @throws token_invalid */
export type OpenPass = (pass: string, query: string) => PassHolder

/**
 * Reads a request's head. The Ownkey token may stand in any header, query parameter or subprotocol that an SDK uses for its key.
 * @param rawHeaders Node's `rawHeaders`: name, value, name, value …
 * @param openPass for a request to an address that may open by itself
 * @throws token_missing, token_invalid (a provider's key instead of a token), request_invalid
 */
export function readRequestHead(rawHeaders: readonly string[], query: string, openPass?: OpenPass): RequestHead {
  const head: RequestHead = { token: '', contentType: '', contentLength: undefined, hasBody: false, query }
  const credentials: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    const value = rawHeaders[i + 1] as string
    if (credentialHeaders.has(name)) credentials.push(value.replace(scheme, '').trim())
    else if (name === 'content-type') readContentType(head, value)
    else if (name === 'content-encoding') head.contentEncoding = value
    else if (name === 'content-length') head.contentLength = Number(value)
    else if (name === 'transfer-encoding') head.hasBody = comesInChunks(value)
    else if (name === 'sec-websocket-protocol') credentials.push(...subprotocolTokens(value))
    else if (name.startsWith('ownkey-')) readOwnkeyHeader(head, name, value)
  }
  head.hasBody ||= (head.contentLength ?? 0) > 0
  if (query !== '') head.query = cutCredentials(query, credentials)
  const pass = openPass === undefined ? undefined : onlyPass(credentials)
  if (openPass !== undefined && pass !== undefined) return heldBy(openPass(pass, head.query), head)
  head.token = singleToken(credentials)
  return head
}

/** The pass of a request that carries no token. */
function onlyPass(credentials: readonly string[]): string | undefined {
  if (credentials.some((candidate) => candidate.startsWith('okt_'))) return undefined
  return credentials.find((candidate) => candidate.startsWith(passPrefix))
}

/** @throws token_scope when the request says that it is for another than the holder */
function heldBy(holder: PassHolder, head: RequestHead): RequestHead {
  for (const field of ['org', 'feature', 'user', 'environment'] as const) {
    if (head[field] !== undefined && head[field] !== holder[field])
      throw new OwnkeyError('token_scope', {
        detail: `The pass in this address was told to another ${field === 'org' ? 'organization' : field} than the request names.`,
        facts: { field },
      })
  }
  return { ...head, ...holder }
}

/** Node undoes chunks and no other coding: what is packed beneath would go up as if it were not. */
function comesInChunks(coding: string): true {
  if (/^chunked$/i.test(coding.trim())) return true
  throw new OwnkeyError('request_invalid', {
    detail: 'The body comes in a Transfer-Encoding other than "chunked".',
    fix: 'Send the body in chunks, or with its Content-Length; name its compression in Content-Encoding.',
  })
}

const inLowerCase = /^[a-z0-9.+/-]+(?:;|$)/

/** Media types are the same in any case; a parameter, such as the boundary of a form, is not. */
function readContentType(head: RequestHead, value: string): void {
  const contentType = inLowerCase.test(value) ? value : value.replace(/^[^;]*/, (type) => type.trim().toLowerCase())
  if (head.contentType !== '' && head.contentType !== contentType) {
    throw new OwnkeyError('request_invalid', {
      detail: 'The request has two different Content-Type headers.',
      fix: 'Send Content-Type once.',
    })
  }
  head.contentType = contentType
}

function readOwnkeyHeader(head: RequestHead, name: string, value: string): void {
  const field = ownkeyHeaders.get(name)
  if (field === undefined) {
    throw new OwnkeyError('request_invalid', {
      detail: `There is no header ${name}.`,
      fix: `Use ${[...ownkeyHeaders.keys()].join(', ')}.`,
    })
  }
  const mayBeEmpty = field !== 'requestId' && value === ''
  if (!mayBeEmpty && !visible.test(value)) {
    throw new OwnkeyError('request_invalid', {
      detail: `The header ${name} is empty, too long or has other than visible ASCII characters.`,
      fix: `Send 1 to 256 visible ASCII characters in ${name}.`,
    })
  }
  if (head[field] !== undefined && head[field] !== value) {
    throw new OwnkeyError('request_invalid', {
      detail: `The header ${name} stands twice, with different values.`,
      fix: `Send ${name} once.`,
    })
  }
  head[field] = value
}

/** `openai-insecure-api-key.<token>`, `api-subscription-key.<token>`, or the token as an entry of its own. */
function subprotocolTokens(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry.includes('okt_'))
    .map((entry) => entry.slice(entry.indexOf('okt_')))
}

function cutCredentials(query: string, credentials: string[]): string {
  const pairs = query.split('&')
  const kept = pairs.filter((pair) => {
    const equals = pair.indexOf('=')
    const name = decodeQuery(equals === -1 ? pair : pair.slice(0, equals))
    if (!credentialQuery.test(name)) return true
    credentials.push(equals === -1 ? '' : decodeQuery(pair.slice(equals + 1)))
    return false
  })
  return kept.length === pairs.length ? query : kept.join('&')
}

function decodeQuery(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function singleToken(credentials: readonly string[]): string {
  let token = ''
  let other = ''
  for (const candidate of credentials) {
    if (!candidate.startsWith('okt_')) other ||= candidate
    else if (token === '') token = candidate
    else if (token !== candidate) {
      throw new OwnkeyError('request_invalid', {
        detail: 'The request carries two different Ownkey tokens.',
        fix: 'Send one token, in one place.',
      })
    }
  }
  if (token !== '') return token
  if (other === '') throw new OwnkeyError('token_missing')
  throw new OwnkeyError('token_invalid', {
    detail: other.startsWith('oks_')
      ? 'This is a session token: it opens the AI settings, not the gateway.'
      : 'The credential of this request is not an Ownkey token; it may be a provider’s key.',
    fix: 'Send an Ownkey token (okt_…) here. Provider keys belong in the AI settings, never in requests.',
  })
}
