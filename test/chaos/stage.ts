/** What the chaos suites begin with: a server whose line to PostgreSQL can be cut, a provider with a journal, three organizations. */
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { type DatabaseLine, openDatabaseLine } from '../support/database-line.ts'
import { createTestDatabase } from '../support/postgres.ts'
import { type RawAnswer, rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json, sse, startUpstream, type Upstream } from '../support/upstream.ts'
import { type BooksReport, checkBooks, type Seen } from './check-books.ts'

/** `npm run test:chaos` goes round more often and asks for more. */
export const rounds = Number(process.env['CHAOS_ROUNDS'] ?? 1)

/** `near` has so little left, from the first request on, that each of its requests asks the database first. */
export const granted = { platform: 1_000_000, own: 1_000_000, near: 148 }
export type ChaosOrg = keyof typeof granted
export const chaosOrgs = Object.keys(granted) as ChaosOrg[]

/** Contract: what a dead process left reserved is settled within this time. */
export const settledWithinMs = 120_000

export interface Stage {
  ownkey: RunningOwnkey
  upstream: Upstream
  line: DatabaseLine
  /** The database without the line between. */
  databaseUrl: string
  tokens: Readonly<Record<ChaosOrg, string>>
  ask(org: ChaosOrg, options?: { id?: string; stream?: boolean }): Promise<RawAnswer>
  newId(): string
  /** The books once they are right, or as wrong as they still are when the time is over. */
  settledBooks(): Promise<BooksReport>
  close(): Promise<void>
}

export const chaosConfig = (origin: string, more: object = {}): object => ({
  providers: { openai: { platformKey: canaryPlatformKey, baseUrl: origin } },
  features: { assistant: { title: 'Assistant', meter: 'asked' } },
  prices: { openai: { 'test-*': { input: 1, output: 2 } } },
  plans: {
    standard: {
      verify: 'format_only',
      fallback: { mode: 'never' },
      credits: { ownKey: 1, platformKey: 3 },
      quotas: { asked: { limit: 1_000_000, ownKeyExempt: false } },
    },
  },
  ...more,
})

export async function openStage(
  options: { process?: 'inside' | 'child'; config?: object; env?: Record<string, string> } = {},
): Promise<Stage> {
  const database = await createTestDatabase()
  const line = await openDatabaseLine(database.url)
  const upstream = await startUpstream()
  upstream.on('/v1/chat/completions', (exchange) => {
    const { stream } = exchange.request.json() as { stream: boolean }
    const usage = { prompt_tokens: numberOf(exchange.request.header('x-chaos-id')), completion_tokens: 5 }
    const words = ['one', 'two', 'three'].map((content) => ({ data: { choices: [{ delta: { content } }] } }))
    const answer = stream ? sse([...words, { data: { choices: [], usage } }, '[DONE]']) : json({ choices: [], usage })
    return answer(exchange)
  })
  const ownkey = await startOwnkey({
    process: options.process ?? 'inside',
    config: chaosConfig(upstream.origin, options.config),
    env: { DATABASE_URL: line.url, LOG_LEVEL: 'warn', ...options.env },
  })
  const tokens = {} as Record<ChaosOrg, string>
  for (const org of chaosOrgs) {
    await ownkey.putOrg(org)
    const credits = { amount: granted[org], reason: 'start', idempotencyKey: 'start' }
    await ownkey.api('POST', `/orgs/${org}/credits`, credits)
    tokens[org] = await ownkey.token({ org, feature: 'assistant' })
  }
  await ownkey.putKey('own', 'openai', canaryKeys.openai)
  let asked = 0
  const newId = () => `chaos-${++asked}`
  const seen = (): Seen[] =>
    upstream.journal.requests.map((one) => {
      const id = one.header('x-chaos-id') as string
      return { id, inputTokens: numberOf(id) }
    })
  return {
    ownkey,
    upstream,
    line,
    databaseUrl: database.url,
    tokens,
    newId,
    ask(org, { id = newId(), stream = false } = {}) {
      const headers = {
        authorization: `Bearer ${tokens[org]}`,
        'content-type': 'application/json',
        'ownkey-request-id': id,
        'x-chaos-id': id,
      }
      const body = JSON.stringify({ model: 'test-model', stream, messages: [] })
      return rawCall(ownkey.url, { method: 'POST', path: '/openai/v1/chat/completions', headers, body })
    },
    async settledBooks() {
      const until = Date.now() + settledWithinMs
      for (;;) {
        const report = await checkBooks(database.url, seen(), granted)
        if (report.faults.length === 0 || Date.now() > until) return report
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
    async close() {
      line.mend()
      await ownkey.close()
      await upstream.close()
      await line.close()
      await database.drop()
    },
  }
}

export const numberOf = (id: string | undefined) => Number(id?.slice('chaos-'.length))
