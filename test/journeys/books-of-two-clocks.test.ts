/**
 * Two nodes on one database, and the clock of one has turned the month while the other's has not: each request is charged to the
 * month in which its node began it, whatever the other does.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Journey, journeyConfig, startJourney } from '../support/journey.ts'
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json } from '../support/upstream.ts'

const [allowance, price, limit] = [60, 3, 50]
const more = {
  features: { assistant: { title: 'Assistant', meter: 'asked' } },
  plans: {
    standard: {
      monthlyCredits: allowance,
      credits: { ownKey: 0, platformKey: price },
      quotas: { asked: { limit, per: 'month', ownKeyExempt: false, count: 'successes' } },
    },
  },
}

let shared: TestDatabase
let journey: Journey
let late: RunningOwnkey
beforeAll(async () => {
  shared = await createTestDatabase()
  const env = { DATABASE_URL: shared.url, BYOK_ENCRYPTION_KEY: randomBytes(32).toString('base64') }
  journey = await startJourney({ env, more })
  late = await startOwnkey({ config: journeyConfig(journey.upstream.origin, more), env, process: 'child' })
})
afterAll(async () => {
  vi.useRealTimers()
  await late?.close()
  await journey?.close()
  await shared?.drop()
})

test.each([1, 2])(
  'credits and quotas of both months, in sequence %i',
  async (seed) => {
    vi.useRealTimers()
    const early = journey.ownkey
    const org = `skewed-${seed}`
    await late.putOrg(org)
    const token = await late.token({ org, feature: 'assistant' })
    let state = seed * 7_919
    const below = (most: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % most
    }
    let isServed = true
    const undo = journey.upstream.on(/./, (exchange) =>
      json(isServed ? { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } } : {}, {
        status: isServed ? 200 : 400,
      })(exchange),
    )
    const ask = async (node: RunningOwnkey) =>
      (
        await rawCall(node.url, {
          method: 'POST',
          path: '/openai/v1/chat/completions',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: '{"model":"m","messages":[]}',
        })
      ).status
    /** What is left of each month's own, and of what was granted. */
    const left = { former: allowance, latter: allowance, granted: 0 }
    const used = { former: 0, latter: 0 }
    const settings = async (node: RunningOwnkey) => (await node.api('GET', `/orgs/${org}/settings`)).body
    expect((await settings(late)).credits.balance).toBe(allowance)

    const now = new Date()
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1, 0, 0, 1))
    expect((await settings(early)).credits.balance).toBe(allowance)

    for (let step = 0; step < 120; step++) {
      const place = `step ${step}: ${JSON.stringify({ left, used })}`
      const month = below(2) === 0 ? 'former' : 'latter'
      const node = month === 'former' ? late : early
      if (below(8) === 0) {
        const amount = below(25)
        const body = { amount, reason: 'Test', idempotencyKey: `${step}` }
        left.granted += amount
        const told = (await node.api('POST', `/orgs/${org}/credits`, body)).body
        if (amount > 0) expect(told.balance, place).toBe(left.granted + left.latter)
      } else {
        isServed = below(4) > 0
        const status = await ask(node)
        // Every node tells the balance of the newest month that it knows, and refuses by it.
        const mayGo = Math.min(left[month], left.latter) + left.granted >= price && used[month] < limit
        expect(status, place).toBe(mayGo ? (isServed ? 200 : 400) : used[month] < limit ? 402 : 429)
        if (mayGo && isServed) {
          const own = Math.min(price, left[month])
          left[month] -= own
          left.granted -= price - own
          used[month]++
        }
      }
      // The one that was asked writes what it knows; the other reads it then.
      for (const one of [node, node === late ? early : late]) {
        const { credits, quotas } = await settings(one)
        expect(credits.balance, place).toBe(left.granted + left.latter)
        expect(quotas[0].used, place).toBe(one === late ? used.former : used.latter)
      }
    }
    const { body } = await early.api('GET', `/orgs/${org}/usage?from=2000-01-01&to=2200-01-01&groupBy=month`)
    const sums = body.rows.map((row: { credits: number; succeeded: number }) => [row.succeeded, row.credits])
    expect(sums).toEqual([used.former, used.latter].map((count) => [count, count * price]))
    undo()
  },
  240_000,
)
