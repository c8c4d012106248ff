/**
 * C1: a server process is killed at nine points of the request path under load, started again, and its books are held
 * against what reached the provider. `npm run test:chaos` goes round more often.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import type { DeathPlan } from '../support/children/die-at.ts'
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json, sse, startUpstream, type Upstream } from '../support/upstream.ts'
import { type BooksReport, checkBooks, type Seen } from './check-books.ts'
import { chaosConfig } from './stage.ts'

const points: readonly DeathPlan['point'][] = [
  'after authentication',
  'after reservation',
  'after decryption',
  'at the connection',
  'at the first byte',
  'in the middle',
  'at the last byte',
  'before settlement',
  'after settlement',
]
const rounds = Number(process.env['CHAOS_ROUNDS'] ?? 1)
const callers = 16
/** Contract: what a dead process left reserved is settled within this time. */
const settledWithinMs = 120_000

/** `near` has so little left that each of its requests asks the database first. */
const granted = { platform: 1_000_000, own: 1_000_000, near: 900 }
type Org = keyof typeof granted
const orgs = Object.keys(granted) as Org[]

let database: TestDatabase
let upstream: Upstream
let folder: string
let ownkey: RunningOwnkey
const tokens = {} as Record<Org, string>
let asked = 0

const plan = (death: DeathPlan | null) => writeFileSync(join(folder, 'plan.json'), JSON.stringify(death))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-chaos-'))
  database = await createTestDatabase()
  upstream = await startUpstream()
  upstream.on('/v1/chat/completions', (exchange) => {
    const { stream } = exchange.request.json() as { stream: boolean }
    const usage = { prompt_tokens: numberOf(exchange.request.header('x-chaos-id')), completion_tokens: 5 }
    const words = ['one', 'two', 'three', 'four'].map((content) => ({ data: { choices: [{ delta: { content } }] } }))
    const answer = stream ? sse([...words, { data: { choices: [], usage } }, '[DONE]']) : json({ choices: [], usage })
    return answer(exchange)
  })
  plan(null)
  ownkey = await startOwnkey({
    process: 'child',
    config: chaosConfig(upstream.origin),
    env: { DATABASE_URL: database.url, CHAOS_PLAN: join(folder, 'plan.json'), LOG_LEVEL: 'warn' },
  })
  for (const org of orgs) {
    await ownkey.putOrg(org)
    const credits = { amount: granted[org], reason: 'start', idempotencyKey: 'start' }
    await ownkey.api('POST', `/orgs/${org}/credits`, credits)
    tokens[org] = await ownkey.token({ org, feature: 'assistant' })
  }
  await ownkey.putKey('own', 'openai', canaryKeys.openai)
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

const numberOf = (id: string | undefined) => Number(id?.slice('chaos-'.length))

/** One request, to its end; rejects when the server dies under it. */
function ask(org: Org, id: string, stream: boolean): Promise<void> {
  const headers = {
    authorization: `Bearer ${tokens[org]}`,
    'content-type': 'application/json',
    'ownkey-request-id': id,
    'x-chaos-id': id,
  }
  return new Promise((resolve, reject) => {
    const call = request(`${ownkey.url}/openai/v1/chat/completions`, { method: 'POST', headers, agent: false })
    call.on('error', reject)
    call.on('response', (answer) => {
      answer
        .on('error', reject)
        .on('close', () => (answer.complete ? resolve() : reject(new Error('cut'))))
        .resume()
    })
    call.end(JSON.stringify({ model: 'test-model', stream, messages: [] }))
  })
}

/** Callers that go on until the server is gone, or so many requests are made. */
async function load(most: number): Promise<void> {
  const last = asked + most
  const caller = async () => {
    while (asked < last) {
      const number = ++asked
      try {
        await ask(orgs[number % orgs.length] as Org, `chaos-${number}`, number % 2 === 0)
      } catch {
        return
      }
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

/** The books once they are right, or as wrong as they still are when the time is over. */
async function settledBooks(): Promise<BooksReport> {
  const until = Date.now() + settledWithinMs
  for (;;) {
    const report = await check()
    if (report.faults.length === 0 || Date.now() > until) return report
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function seenByProvider(): Seen[] {
  return upstream.journal.requests.map((one) => {
    const id = one.header('x-chaos-id') as string
    return { id, inputTokens: numberOf(id) }
  })
}

const check = () => checkBooks(database.url, seenByProvider(), granted)

const deaths = Array.from({ length: rounds }, (_, round) =>
  points.map((point, at): DeathPlan & { round: number } => ({
    round: round + 1,
    point,
    after: 40 + ((round * 37 + at * 11) % 200),
  })),
).flat()

describe('a server killed −9 under load', () => {
  let last: BooksReport = { faults: [], reached: 0, entries: 0, unsent: 0, estimated: 0 }

  test.each(deaths)(
    'round $round, $point: what reached the provider is in the books once, and every sum agrees',
    async (death) => {
      plan(death)
      await ownkey.restart()
      await load(20_000)
      expect((await ownkey.child().ended).signal).toBe('SIGKILL')
      plan(null)
      await ownkey.restart()
      await load(callers)
      const report = await settledBooks()
      expect(report.faults).toEqual([])
      expect(report.reached).toBeGreaterThan(last.reached + callers)
      // Nobody knows how those ended that the callers had under way.
      expect(report.unsent - last.unsent).toBeLessThanOrEqual(callers)
      expect(report.estimated - last.estimated).toBeLessThanOrEqual(callers)
      last = report
    },
    settledWithinMs + 60_000,
  )

  test('the check itself finds what is missing, what came twice, wrong counts and wrong balances', async () => {
    const seen = seenByProvider()
    const unknown = { id: 'chaos-unknown', inputTokens: 1 }
    const wrong = seen.map((one) => ({ ...one, inputTokens: one.inputTokens + 1 }))
    const faultsOf = async (some: readonly Seen[], credits: Readonly<Record<string, number>> = granted) =>
      (await checkBooks(database.url, some, credits)).faults.join('\n')
    expect(await faultsOf([...seen, unknown])).toBe('chaos-unknown reached the provider and is in the books 0 times')
    expect(await faultsOf([...seen, seen[0] as Seen])).toBe(`${seen[0]?.id} reached the provider twice`)
    expect(await faultsOf(wrong)).toContain('and the books say')
    expect(await faultsOf(seen, { ...granted, own: granted.own + 1 })).toContain('own was granted')
  })
})
