import type { Exchange } from '../exchange.ts'
import type { AddressPasses } from '../request/address-passes.ts'
import { firstHeader } from '../request/first-header.ts'

interface Sent {
  origin: string
  /** As it was sent: a prefix (a base URL's path) may stand before the provider's own path. */
  path: string
  own: string
}

/**
 * Rewrites the provider's addresses to the same places behind this gateway. A caller who went on at the provider itself would send
 * its Ownkey token there. Other addresses stay as they are.
 * @param sent where the request went, and `own`, the provider's own path and query of it
 * @param passes where an address opens by itself at the provider, and clients may send no credential there (Google's Python SDK does
 *   not): a pass stands in it
 */
export function wayBack(
  { req, provider, head }: Pick<Required<Exchange>, 'req' | 'provider' | 'head'>,
  { origin, path, own }: Sent,
  passes?: AddressPasses,
): ((address: string) => string) | undefined {
  const base = baseOf(req)
  if (base === undefined) return undefined
  const prefix = path.endsWith(own) ? path.slice(0, path.length - own.length) : ''
  return (address) => {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url === undefined || (url.origin !== origin && url.origin !== provider.origin)) return address
    const isBehind = prefix !== '' && url.origin === origin && url.pathname.startsWith(`${prefix}/`)
    const rest = isBehind ? url.pathname.slice(prefix.length) : url.pathname
    const told = `${provider.id}${rest}${url.search}`
    if (passes === undefined) return `${base}/${told}`
    return `${base}/${told}${url.search === '' ? '?' : '&'}key=${passes.issue(head, told)}`
  }
}

/** Scheme and host by which the caller reached this gateway; the scheme may come from a proxy in front. */
function baseOf({ rawHeaders }: Exchange['req']): string | undefined {
  const scheme = firstHeader(rawHeaders, 'x-forwarded-proto') === 'https' ? 'https' : 'http'
  const host = firstHeader(rawHeaders, 'host') ?? ''
  return /^[A-Za-z0-9.[\]:_-]+$/.test(host) ? `${scheme}://${host}` : undefined
}
