import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup as systemLookup } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { type HostProblem, hostRefused } from './host-problems.ts'
import { type Connector, createConnector } from './http1/index.ts'

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
}): Connector {
  const { timeoutMs } = options
  const open = createConnector({ timeoutMs })
  const guarded = createConnector({ timeoutMs, lookup: checkedLookup(options.lookup ?? (systemLookup as Lookup)) })
  return (target, done) => {
    const { hostname, protocol } = target
    if (isAllowedPrivateHost(hostname, options.privateHosts)) return open(target, done)
    if (protocol !== 'https:') return refuse(done, 'not_https')
    if (ipaddr.isValid(hostname) && !isPublicAddress(hostname)) return refuse(done, 'private_address')
    return guarded(target, done)
  }
}

function refuse(done: Parameters<Connector>[1], why: HostProblem): undefined {
  done(hostRefused('host', why), undefined)
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
        return callback(hostRefused('host', 'private_target'), [])
      }
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
}
