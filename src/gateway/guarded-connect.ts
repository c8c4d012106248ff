import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup as systemLookup } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { buildConnector } from 'undici'
import { OwnkeyError } from '../contract/index.ts'

export type Lookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Only addresses of the public internet: not private, loopback, link-local, metadata, mapped, translated or reserved ones. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  // Of IPv6 only what is routed today, 2000::/3: the old "compatible" form ::127.0.0.1 counts as unicast too.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] as number) >> 5 === 1
}

/** True when the operator listed this host as one that customers may name although it is private. */
export function isAllowedPrivateHost(hostname: string, privateHosts: readonly string[]): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return privateHosts.some((allowed) => allowed.toLowerCase() === bare)
}

/**
 * A connector for hosts that a customer named. The check stands inside the connection itself: literals are checked
 * here, because Node calls no lookup for them; names are resolved once, every address is checked, and the connection is
 * made to what was checked, so a second DNS answer changes nothing.
 */
export function guardedConnect(options: {
  timeoutMs: number
  privateHosts: readonly string[]
  lookup?: Lookup | undefined
}): buildConnector.connector {
  const open = buildConnector({ timeout: options.timeoutMs })
  const guarded = buildConnector({
    timeout: options.timeoutMs,
    lookup: checkedLookup(options.lookup ?? (systemLookup as Lookup)),
  } as buildConnector.BuildOptions)
  return (target, callback) => {
    const hostname = target.hostname.replace(/^\[|\]$/g, '')
    if (isAllowedPrivateHost(hostname, options.privateHosts)) return open(target, callback)
    if (target.protocol !== 'https:') return callback(notAllowed('only https is allowed'), null)
    if (ipaddr.isValid(hostname) && !isPublicAddress(hostname))
      return callback(notAllowed('its address is not public'), null)
    return guarded(target, callback)
  }
}

function checkedLookup(resolve: Lookup) {
  return (
    hostname: string,
    options: LookupOptions,
    callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const first = addresses[0]
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        return callback(notAllowed('its name resolves to an address that is not public'), [])
      }
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
}

function notAllowed(why: string): OwnkeyError {
  return new OwnkeyError('host_not_allowed', { detail: `This host is refused: ${why}.` })
}
