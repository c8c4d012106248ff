/** A real `ownkey serve` in a process of its own under each attack: everybody else is served, and its memory stays bounded. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { actHostile, attacks } from '../support/hostile-callers.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let ownkey: RunningOwnkey
let upstream: Upstream
let attacker: string
let neighbour: string

beforeAll(async () => {
  upstream = await startUpstream()
  actHostile(upstream)
  ownkey = await startOwnkey({
    process: 'child',
    config: {
      gateway: { maxBodyBytes: 2_000_000 },
      providers: { openai: { platformKey: canaryPlatformKey, baseUrl: upstream.origin } },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: {} },
    },
  })
  for (const org of ['acme', 'next-door']) await ownkey.putOrg(org)
  attacker = await ownkey.token({ org: 'acme', feature: 'assistant' })
  neighbour = await ownkey.token({ org: 'next-door', feature: 'assistant' })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

/** Eight callers at once, each of whom sends its next request when the last one is answered. @returns the statuses */
async function serveNeighbours(requests: number): Promise<number[]> {
  const statuses: number[] = []
  const caller = async () => {
    for (let sent = 0; sent < requests / 8; sent++) {
      const answer = await fetch(`${ownkey.url}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${neighbour}`, 'content-type': 'application/json' },
        body: '{"model":"gpt-4.1-mini","messages":[]}',
      })
      await answer.arrayBuffer()
      statuses.push(answer.status)
    }
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  return statuses
}

describe('while somebody attacks', () => {
  test.each(attacks)('everybody else is served, and memory is bounded: $name', async ({ start, asks }) => {
    await serveNeighbours(80)
    const before = ownkey.memory()
    const stop = await start({ url: ownkey.url, token: attacker })
    try {
      let most = 0
      for (let round = 0; round < 5; round++) {
        expect(new Set(await serveNeighbours(80))).toEqual(new Set([200]))
        most = Math.max(most, ownkey.memory() - before)
      }
      // What the connections cost and what the collector has not got round to; unpacked or kept, it would be gigabytes.
      expect(most).toBeLessThan(250_000_000)
    } finally {
      stop()
    }
    if (asks) expect(upstream.journal.requests.some(({ path }) => path === asks)).toBe(true)
    expect(new Set(await serveNeighbours(80))).toEqual(new Set([200]))
  })
})
