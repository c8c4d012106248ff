import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import type { Lookup } from './guarded-connect.ts'

/** Given up before the connection is: the second try waits twice as long as the first. */
const patience = { timeout: 1_000, tries: 2 }

/**
 * Looks the hosts of customers up at the name servers. The system's resolver waits in one of two threads that the whole process has for
 * that, ten seconds and more for name servers that do not answer: whoever names such hosts could keep everybody else from connecting
 * to any provider. What this machine's own files say of a name does not count.
 * @param servers default: those of the system
 */
export function createResolve(servers?: readonly string[]): Lookup {
  return (hostname, _options, callback) => {
    // One for each question: a resolver keeps the name servers that it found when it was made.
    const resolver = new Resolver(patience)
    if (servers !== undefined) resolver.setServers(servers)
    void Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]).then(([four, six]) => {
      const addresses = [...found(four, 4), ...found(six, 6)]
      callback(addresses.length === 0 && four.status === 'rejected' ? four.reason : null, addresses)
    })
  }
}

function found(answer: PromiseSettledResult<readonly string[]>, family: 4 | 6): LookupAddress[] {
  return answer.status === 'rejected' ? [] : answer.value.map((address) => ({ address, family }))
}
