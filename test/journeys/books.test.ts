/** The books against an oracle of their own: random sequences, always the same ones, over HTTP and over the turn of months. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Asked, BooksOracle, decimal, failures, type OraclePlan, picoOf } from '../support/books-oracle.ts'
import type { ApiAnswer } from '../support/call-api.ts'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { type Random, randomOf } from '../support/random.ts'
import { rawCall } from '../support/raw-call.ts'
import { json, sse } from '../support/upstream.ts'

const prices = {
  cheap: { currency: 'USD', input: 100_000_000_000n, output: 400_000_000_000n },
  tiny: { currency: 'USD', input: 1_000_000n, output: 3_500_001n },
  odd: { currency: 'EUR', input: 333_333_000_000n, output: 7_770_000_000_000n },
  free: { currency: 'USD', input: 0n, output: 0n },
}
const models = [...Object.keys(prices), 'unpriced']
const plans: Readonly<Record<string, OraclePlan>> = {
  monthly: {
    monthlyCredits: 40,
    credits: { ownKey: 1, platformKey: 5 },
    quota: { limit: 9, ownKeyExempt: true, count: 'successes' },
  },
  prepaid: {
    monthlyCredits: 0,
    credits: { ownKey: 0, platformKey: 3 },
    quota: { limit: 6, ownKeyExempt: false, count: 'attempts' },
  },
  open: { monthlyCredits: 100, credits: { ownKey: 2, platformKey: 7 }, quota: undefined },
}
const more = {
  prices: {
    openai: Object.fromEntries(
      Object.entries(prices).map(([model, { currency, input, output }]) => [
        model,
        { currency, input: Number(decimal(input)), output: Number(decimal(output)) },
      ]),
    ),
  },
  features: { assistant: { title: 'Assistant', meter: 'asked' } },
  plans: Object.fromEntries(
    Object.entries(plans).map(([id, { quota, ...plan }]) => [
      id,
      { verify: 'format_only', fallback: { mode: 'always' }, ...plan, ...(quota && { quotas: { asked: quota } }) },
    ]),
  ),
}

/** One of an answer's list. */
type Row = ApiAnswer['body']

const groups = ['day', 'hour', 'month', 'feature', 'provider', 'model', 'surface', 'keySource', 'user', 'errorClass']
const pairs = groups.flatMap((one) => groups.filter((other) => other !== one).map((other) => `${one},${other}`))
/** Users are told apart by whole days. */
const groupings = [...groups, ...pairs.filter((pair) => !(pair.includes('user') && pair.includes('hour')))]

describe('the books and an oracle agree on every number', () => {
  let journey: Journey
  let asked: (Asked & { isStream: boolean }) | undefined
  beforeAll(async () => {
    journey = await startJourney({ database: 'postgres', more })
    journey.upstream.on('/v1/chat/completions', (exchange) => {
      const { own, platform, model, usage, isStream } = asked as NonNullable<typeof asked>
      const isPlatform = exchange.request.header('authorization') === `Bearer ${canaryPlatformKey}`
      const status = isPlatform ? platform : own
      if (status !== 200) return json({ error: { message: failures[status] } }, { status })(exchange)
      const counts = { prompt_tokens: usage.input, completion_tokens: usage.output }
      const last = { model, choices: [], usage: counts }
      const text = { model, choices: [{ delta: { content: 'x' } }] }
      return (isStream ? sse([{ data: text }, { data: last }, '[DONE]'], { pieceBytes: 7 }) : json(last))(exchange)
    })
    // It stands still between the steps: one that ran in leaps would be ahead of the clock by which snapshots grow old.
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterAll(async () => {
    vi.useRealTimers()
    await journey?.close()
  })

  const api = (method: string, path: string, body?: unknown) => journey.ownkey.api(method, path, body)
  const today = () => new Date().toISOString().slice(0, 10)

  async function ask(oracle: BooksOracle, token: string, { pick, whole, next }: Random): Promise<void> {
    asked = {
      requestId: `ask-${next()}`,
      model: pick(models),
      user: pick(['ann', 'bob']),
      own: pick([200, 200, 500, 400]),
      platform: pick([200, 200, 200, 500, 400]),
      usage: { input: pick([0, 1, 999, whole(0, 5_000_000)]), output: pick([0, 1, whole(0, 100_000)]) },
      isStream: next() < 0.4,
    }
    const { requestId, model, user, isStream } = asked
    const expected = oracle.ask(asked, today())
    const { status } = await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/openai/v1/chat/completions',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'ownkey-request-id': requestId,
        'ownkey-user': user,
      },
      body: JSON.stringify({
        model,
        messages: [],
        ...(isStream && { stream: true, stream_options: { include_usage: true } }),
      }),
    })
    const place = `${JSON.stringify(asked)} on ${oracle.plan} at ${new Date().toISOString()}, ${oracle.quotaUsed(today())} used`
    expect(expected === 'refused' ? [402, 429] : [expected], place).toContain(status)
  }

  async function grant(oracle: BooksOracle, org: string, { pick, whole }: Random): Promise<void> {
    const [idempotencyKey, amount] = [`grant ${whole(1, 5)}`, pick([1, 5, 30, -1, -50, 1_000_000_000_000])]
    const expected = oracle.grant(idempotencyKey, amount, today())
    const body = { amount, reason: 'Test', idempotencyKey }
    const answers = await Promise.all(
      Array.from({ length: whole(1, 4) }, () => api('POST', `/orgs/${org}/credits`, body)),
    )
    for (const { body: told } of answers) expect(told.balance ?? told.code).toBe(expected)
  }

  async function play(oracle: BooksOracle, org: string, random: Random): Promise<void> {
    const token = await journey.ownkey.token({ org, feature: 'assistant' })
    let isFirstOfDay = true
    for (let step = 0; step < 60; step++) {
      const dice = isFirstOfDay ? 0 : random.next()
      isFirstOfDay = false
      if (dice < 0.65) await ask(oracle, token, random)
      else if (dice < 0.78) await grant(oracle, org, random)
      else if (dice < 0.84) {
        oracle.plan = random.pick(Object.keys(plans))
        await journey.ownkey.putOrg(org, { plan: oracle.plan })
      } else if (dice < 0.92) {
        if (oracle.hasOwnKey) await api('DELETE', `/orgs/${org}/keys/openai`)
        else await journey.ownkey.putKey(org, 'openai', canaryKeys.openai)
        oracle.hasOwnKey = !oracle.hasOwnKey
      } else {
        vi.setSystemTime((Math.floor(Date.now() / 86_400_000) + random.pick([1, 30])) * 86_400_000)
        isFirstOfDay = true
        continue
      }
      const { credits, quotas } = (await api('GET', `/orgs/${org}/settings`)).body
      expect(credits.balance).toBe(oracle.balance(today()))
      for (const { used } of quotas) expect(used).toBe(oracle.quotaUsed(today()))
    }
  }

  async function pages(path: string, limit: () => number): Promise<{ rows: Row[]; total: Row }> {
    const rows: Row[] = []
    for (let cursor = ''; ; ) {
      const { body } = await api('GET', `${path}&limit=${limit()}${cursor}`)
      rows.push(...(body.items ?? body.rows))
      if (body.nextCursor === null) return { rows, total: body.total }
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
    }
  }

  test.each([1, 2, 3, 4, 10, 19])('in sequence %i', async (seed) => {
    vi.setSystemTime(Date.UTC(2031 + 9 * seed, 0, 28, 12))
    const random = randomOf(seed)
    const oracle = new BooksOracle(plans, prices)
    const org = `sequence-${seed}`
    oracle.plan = 'monthly'
    await journey.ownkey.putOrg(org, { plan: 'monthly' })
    await play(oracle, org, random)

    const span = 'from=2031-01-01&to=2300-01-01'
    const { rows } = await pages(`/orgs/${org}/requests?${span}`, () => random.whole(1, 17))
    const listed = rows.map((row) => ({ ...row, day: row.startedAt.slice(0, 10) }))
    expect(listed).toHaveLength(oracle.entries.length)
    for (const entry of oracle.entries) expect(listed).toContainEqual(expect.objectContaining(entry))

    const sum = (name: 'credits' | 'inputTokens' | 'outputTokens') =>
      oracle.entries.reduce((all, entry) => all + (entry[name] ?? 0), 0)
    const failed = oracle.entries.filter(({ errorClass }) => errorClass !== null).length
    const counts = {
      attempts: oracle.entries.length,
      credits: sum('credits'),
      inputTokens: sum('inputTokens'),
      outputTokens: sum('outputTokens'),
      failed,
      unpriced: oracle.entries.filter(({ cost, errorClass }) => cost === null && errorClass === null).length,
    }
    const costs = costsOf(oracle.entries.map(({ cost }) => (cost ? [cost] : [])))
    for (const groupBy of groupings) {
      const usage = await pages(`/orgs/${org}/usage?${span}&groupBy=${groupBy}`, () => random.whole(5, 50))
      expect(usage.total, groupBy).toMatchObject(counts)
      for (const [name, all] of Object.entries(counts))
        expect(
          usage.rows.reduce((some, row) => some + row[name], 0),
          `${name} by ${groupBy}`,
        ).toBe(all)
      expect(costsOf(usage.rows.map((row) => row.costs)), groupBy).toEqual(costs)
      expect(costsOf([usage.total.costs])).toEqual(costs)
    }
  })
})

type Amounts = readonly { amount: string; currency: string }[]

/** Currency → the sum, exactly. */
function costsOf(lists: readonly Amounts[]): Record<string, string> {
  const sums = new Map<string, bigint>()
  for (const { amount, currency } of lists.flat()) sums.set(currency, (sums.get(currency) ?? 0n) + picoOf(amount))
  return Object.fromEntries([...sums].map(([currency, pico]) => [currency, decimal(pico)]))
}
