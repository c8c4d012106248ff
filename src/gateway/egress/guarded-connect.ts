import type { LookupAddress, LookupOptions } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { type HostProblem, hostRefused } from './host-problems.ts'
import { type Connector, createConnector } from './http1/index.ts'

export type Lookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Azure's host answers its guests here, with what configures them, although the address is one of the public internet. */
const azureWireServer = '168.63.129.16'

/** Only addresses of the public internet: not private, loopback, link-local, metadata, mapped, translated or reserved ones. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast' || parsed.toString() === azureWireServer) return false
  // Of IPv6 only 2000::/3, which is all that is routed today: `unicast` would include forms such as ::127.0.0.1.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] as number) >> 5 === 1
}

const internalNames = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|localdomain)$/

/** No name of the public internet, whatever the name servers say. */
export function isInternalName(hostname: string): boolean {
  const bare = hostname.replace(/\.$/, '').toLowerCase()
  return !bare.includes('.') || internalNames.test(bare)
}

/** True when the operator listed this host as one that customers may name although it is private. */
export function isAllowedPrivateHost(hostname: string, privateHosts: readonly string[]): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return privateHosts.some((allowed) => allowed.toLowerCase() === bare)
}

/**
 * A connector for hosts that a customer named. Addresses are checked while the connection is made: a literal address here,
 * because Node does no lookup for it; a name in its one lookup, of which every address is checked. The connection goes to what
 * was checked, so a DNS server that answers differently the second time (rebinding) gains nothing.
 */
export function guardedConnect(options: {
  timeoutMs: number
  privateHosts: readonly string[]
  lookup: Lookup
}): Connector {
  const { timeoutMs } = options
  const open = createConnector({ timeoutMs })
  const guarded = createConnector({ timeoutMs, lookup: checkedLookup(options.lookup) })
  return (target, done) => {
    const { hostname, protocol } = target
    if (isAllowedPrivateHost(hostname, options.privateHosts)) return open(target, done)
    if (protocol !== 'https:') return refuse(done, 'not_https')
    if (ipaddr.isValid(hostname)) {
      if (!isPublicAddress(hostname)) return refuse(done, 'private_address')
    } else if (isInternalName(hostname)) return refuse(done, 'private_name')
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
