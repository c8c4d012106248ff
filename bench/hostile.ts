/**
 * `npm run bench:hostile`: what everybody else notices of an attack. One server, one well-behaved
 * organization with 8 callers, and each attack of `test/support/hostile-callers.ts` by another organization, from a process of
 * its own, with the providers in a third. Prints p50 and p99 of the well-behaved callers as ratios to the same load just before.
 * Attackers who repeat themselves pause half a second, so it shows what a hostile request costs others; it does not show a flood.
 * `--only=<part of a name>` takes some of the attacks.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'undici'
import { actHostile, attacks } from '../test/support/hostile-callers.ts'
import { startOwnkey } from '../test/support/running-server.ts'
import { startUpstream } from '../test/support/upstream.ts'

const callers = 8
const seconds = 6
const only = process.argv.find((flag) => flag.startsWith('--only='))?.slice(7) ?? ''

interface Figures {
  p50: number
  p99: number
  failed: number
}

const [role, place, url = '', token = ''] = process.argv.slice(2)
// The parts end with the measurement, however that ends.
process.on('disconnect', () => process.exit())
if (role === 'provider') await provide()
else if (role === 'attack') await attack()
else await measure()

async function provide(): Promise<void> {
  const upstream = await startUpstream({ keepBodyBytes: 0 })
  actHostile(upstream)
  process.send?.(upstream.origin)
}

async function attack(): Promise<void> {
  await attacks[Number(place)]?.start({ url, token })
  process.send?.('started')
}

function part(...args: string[]) {
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: process.execArgv })
  return { child, said: once(child, 'message').then(([word]) => String(word)) }
}

async function measure(): Promise<void> {
  const provider = part('provider')
  const ownkey = await startOwnkey({
    process: 'child',
    config: {
      gateway: { maxBodyBytes: 2_000_000 },
      providers: { openai: { platformKey: 'sk-bench-0000000000000000000000000000', baseUrl: await provider.said } },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: {} },
    },
  })
  for (const org of ['attacker', 'neighbour']) await ownkey.putOrg(org)
  const [bad, good] = await Promise.all(
    ['attacker', 'neighbour'].map((org) => ownkey.token({ org, feature: 'assistant' })),
  )
  await load(ownkey.url, good as string)
  console.log('| attack | p50 | p99 | × p50 | × p99 | failed | memory MB more |\n|---|---|---|---|---|---|---|')
  for (const [index, { name }] of attacks.entries()) {
    if (!name.includes(only)) continue
    const before = await load(ownkey.url, good as string)
    const memory = ownkey.memory()
    const attacker = part('attack', String(index), ownkey.url, bad as string)
    await attacker.said
    const during = await load(ownkey.url, good as string)
    const grown = Math.round((ownkey.memory() - memory) / 1e6)
    attacker.child.kill('SIGKILL')
    await once(attacker.child, 'exit')
    const ratio = (field: 'p50' | 'p99') => (during[field] / before[field]).toFixed(1)
    const times = `${during.p50.toFixed(1)} ms | ${during.p99.toFixed(1)} ms | ${ratio('p50')} | ${ratio('p99')}`
    console.log(`| ${name} | ${times} | ${during.failed} | ${grown} |`)
    await load(ownkey.url, good as string)
  }
  await ownkey.close()
  provider.child.kill('SIGKILL')
}

async function load(origin: string, bearer: string): Promise<Figures> {
  const times: number[] = []
  let failed = 0
  const ends = performance.now() + seconds * 1000
  const caller = async () => {
    const client = new Client(origin)
    while (performance.now() < ends) {
      const began = performance.now()
      const { statusCode, body } = await client.request({
        path: '/openai/v1/chat/completions',
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: '{"model":"gpt-4.1-mini","messages":[]}',
      })
      await body.dump()
      times.push(performance.now() - began)
      if (statusCode !== 200) failed++
    }
    await client.close()
  }
  await Promise.all(Array.from({ length: callers }, caller))
  times.sort((left, right) => left - right)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), failed }
}
