import type { Client } from 'undici'

interface Idle {
  client: Client
  since: number
}

const idleMs = 30_000

/**
 * Connections to one origin: a free list, not a pool. A client carries one exchange at a time and comes back when it is
 * over; the one used last is taken first, so its socket is warm and the rest can go. (undici's `Pool` scans all its clients
 * for every request, which shows with thousands of open streams.)
 */
export class OriginClients {
  private readonly idle: Idle[] = []
  private readonly all = new Set<Client>()
  private readonly make: () => Client

  constructor(make: () => Client) {
    this.make = make
  }

  take(): Client {
    const warm = this.idle.pop()
    if (warm !== undefined) return warm.client
    const client = this.make()
    this.all.add(client)
    return client
  }

  give(client: Client): void {
    if (client.destroyed || client.closed) this.all.delete(client)
    else this.idle.push({ client, since: Date.now() })
  }

  /** Closes what nobody took for a while. The list is oldest first, so this looks only at what it closes. */
  trim(now: number): void {
    let old = 0
    while (old < this.idle.length && now - (this.idle[old] as Idle).since > idleMs) old++
    for (const { client } of this.idle.splice(0, old)) {
      this.all.delete(client)
      client.destroy().catch(() => undefined)
    }
  }

  get isEmpty(): boolean {
    return this.all.size === 0
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.all].map((client) => client.destroy()))
    this.all.clear()
    this.idle.length = 0
  }
}
