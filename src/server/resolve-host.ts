import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Lookup } from '../gateway/index.ts'

/** Given up before the connection is: the second try waits twice as long as the first. */
const patience = { timeout: 1_000, tries: 2 }

export interface ResolveOptions {
  /** Default: those of the system. */
  servers?: readonly string[]
  /** What this machine itself says of names; a file that is not there says nothing. */
  hostsFile?: string
}

/**
 * Looks the hosts of customers up in the machine's hosts file, and then at the name servers. The system's resolver would wait in one of
 * two threads that the whole process has for that, ten seconds and more for name servers that do not answer: whoever names such
 * hosts could keep everybody else from connecting to any provider.
 */
export function createResolve({ servers, hostsFile = '/etc/hosts' }: ResolveOptions = {}): Lookup {
  return (hostname, _options, callback) => {
    void addressesIn(hostsFile, hostname).then(async (local) => {
      if (local.length > 0) return callback(null, local)
      // One for each question: a resolver keeps the name servers that it found when it was made.
      const resolver = new Resolver(patience)
      if (servers !== undefined) resolver.setServers(servers)
      const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
      const addresses = [...found(four, 4), ...found(six, 6)]
      callback(addresses.length === 0 && four.status === 'rejected' ? four.reason : null, addresses)
    })
  }
}

function found(answer: PromiseSettledResult<readonly string[]>, family: 4 | 6): LookupAddress[] {
  return answer.status === 'rejected' ? [] : answer.value.map((address) => ({ address, family }))
}

/** Each line of a hosts file is an address and its names; what follows a `#` is a remark. */
async function addressesIn(hostsFile: string, hostname: string): Promise<LookupAddress[]> {
  const text = await readFile(hostsFile, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#', 1)[0] as string).trim().split(/\s+/)
    const family = isIP(address)
    const isMeant = names.some((name) => name.toLowerCase() === hostname.toLowerCase())
    return family !== 0 && isMeant ? [{ address, family }] : []
  })
}
