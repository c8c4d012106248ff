import type { CredentialPlacement } from '../../providers/index.ts'
import { readableCodings } from '../answer/content-codings.ts'
import { credentialHeaders } from '../request/request-head.ts'
import { addedOnTheWay } from './added-on-the-way.ts'

/** Headers of one hop, or that would change the method: never sent to a provider. */
const dropped: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
  // The method that counts is the one in the request line, by which the request was decided.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
])

/** Name as written (any case) → whether it goes up. SDKs send the same few dozen names; the bound is against made-up ones. */
const verdicts = new Map<string, boolean>()
const maxVerdicts = 2_000
const longestKept = 60

function goesUp(name: string): boolean {
  const known = verdicts.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const verdict = !(
    dropped.has(lower) ||
    credentialHeaders.has(lower) ||
    lower.startsWith('ownkey-') ||
    addedOnTheWay(lower)
  )
  if (name.length <= longestKept && verdicts.size < maxVerdicts) verdicts.set(name, verdict)
  return verdict
}

export interface UpstreamCredential {
  placement: CredentialPlacement
  /** The opened secret; it lives as long as the header array. */
  value: string
}

/**
 * The headers of an upstream request, built afresh: what the caller sent less credentials, `ownkey-*`, hop-by-hop
 * headers, what was added on the way here, and encodings that cannot be read here, plus exactly one credential.
 * @param drop further names (lower case) of this provider
 */
export function buildRequestHeaders(
  rawHeaders: readonly string[],
  credential: UpstreamCredential,
  drop: readonly string[] = [],
): string[] {
  const headers = passedHeaders(rawHeaders, drop)
  headers.push(credential.placement.header, credential.placement.prefix + credential.value)
  return headers
}

/** The caller's headers that go up, without a credential. */
export function passedHeaders(rawHeaders: readonly string[], drop: readonly string[] = []): string[] {
  const headers: string[] = []
  const named = connectionNamed(rawHeaders)
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!goesUp(name)) continue
    if (drop.length > 0 && drop.includes(name.toLowerCase())) continue
    if (named?.has(name.toLowerCase())) continue
    const value = rawHeaders[i + 1] as string
    headers.push(name, isAcceptEncoding(name) ? acceptedHere(value) : value)
  }
  return headers
}

function isAcceptEncoding(name: string): boolean {
  return name.length === 15 && name.toLowerCase() === 'accept-encoding'
}

/** `Accept-Encoding` as written → as it goes up. */
const accepted = new Map<string, string>()

function acceptedHere(value: string): string {
  const known = accepted.get(value)
  if (known !== undefined) return known
  const readable = readableCodings(value)
  if (value.length <= longestKept && accepted.size < maxVerdicts) accepted.set(value, readable)
  return readable
}

/** Headers that `Connection` names are hop-by-hop too. Undefined in the usual case of `keep-alive` or `close`. */
function connectionNamed(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue
    const value = (rawHeaders[i + 1] as string).toLowerCase()
    if (value === 'keep-alive' || value === 'close') continue
    return new Set(value.split(',').map((entry) => entry.trim()))
  }
  return undefined
}
