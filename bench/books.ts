/**
 * The books' pages over a million entries of one organization: `npm run bench:books` fills a PostgreSQL of its own, asks a
 * real server for each page, and prints how long it took (the slowest of five, after one to warm up) and whether any
 * statement behind it read a large table from end to end. Ends with 1 when a page is slower than the target or does.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createLog, readEnvironment, startServer } from '../src/server/index.ts'
import { startPostgres } from '../test/support/postgres-server.ts'

const entries = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 1_000_000)
const targetMs = 200
const org = 'busy'

/** Spread over 30 days, with a few rare values, because those are what makes a page slow. */
const fill = `
  insert into entries (id, request_id, attempt, org_id, user_id, feature, environment, provider, model, surface, key_source, key_id,
    host, state, status, error_class, fallback_class, input_tokens, output_tokens, credits, cost_pico, currency, started_at,
    first_byte_ms, duration_ms, settled_at)
  select lpad(n::text, 20, '0'), 'req-' || n, 1, '${org}', 'user-' || n % 500, 'feature-' || n % 12,
    case when n % 50000 = 0 then 'staging' else 'production' end, (array['openai','gemini','anthropic','mistral'])[n % 4 + 1],
    'model-' || n % 20, 'chat', case when n % 3 = 0 then 'platform' else 'organization' end, case when n % 3 = 0 then null else 'key-1' end,
    'api.example', 'settled', case when n % 20011 = 0 then 429 else 200 end, case when n % 20011 = 0 then 'rate_limited' end,
    case when n % 90001 = 0 then 'rate_limited' end, 100 + n % 900, n % 400, 1, 1000000 * (n % 700), 'USD', now() - (n * (30 * 86400.0 / $1)) * interval '1 second',
    200, 900, now()
  from generate_series(1, $1::int) n`

const totals = (grain: 'hour' | 'user_day', unit: string, user: string) => `
  insert into usage_totals
  (org_id, grain, bucket, user_id, feature, provider, model, surface, key_source, key_id, environment, error_class, currency,
   requests, failed, fallbacks, unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
   characters, audio_ms, credits, cost_pico)
  select org_id, '${grain}', date_trunc('${unit}', started_at, 'UTC'), ${user}, feature, provider, model, surface, key_source,
    coalesce(key_id, ''), environment, coalesce(error_class, ''), currency, count(*), count(*) filter (where error_class is not null),
    count(*) filter (where fallback_class is not null), 0, sum(input_tokens), sum(output_tokens), 0, 0, 0, 0, 0, sum(credits), sum(cost_pico)
  from entries group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13`

/** Other organizations' totals, so that one organization's are a small part of the table. */
const others = `
  insert into usage_totals
  select 'other-' || n, grain, bucket, user_id, feature, provider, model, surface, key_source, key_id, environment, error_class, currency,
    requests, failed, fallbacks, unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    characters, audio_ms, credits, cost_pico
  from usage_totals, generate_series(1, 9) n where org_id = '${org}'`

const usagePages = [
  'day',
  'hour',
  'month',
  'feature',
  'provider',
  'model',
  'keySource',
  'user',
  'environment',
  'errorClass',
  'day,feature',
  'user,model',
]
const requestFilters = [
  '',
  '&feature=feature-3',
  '&feature=never',
  '&provider=mistral',
  '&provider=cohere',
  '&keySource=platform',
  '&environment=staging',
  '&environment=never',
  '&outcome=failed',
  '&outcome=fallback',
  '&keySource=user',
  '&requestId=req-500000',
  '&requestId=never',
]

const statements: { text: string; values: unknown[] }[] = []

/** Every statement that goes to the database while a page is made. */
function watchStatements(): void {
  const client = pg.Client.prototype as unknown as Record<string, (...values: unknown[]) => unknown>
  const original = client['query'] as (...values: unknown[]) => unknown
  client['query'] = function (this: unknown, ...values) {
    const [first, more] = values
    const text = typeof first === 'string' ? first : ((first as { text?: string } | undefined)?.text ?? '')
    const given = Array.isArray(more) ? more : ((first as { values?: unknown[] } | undefined)?.values ?? [])
    if (/\b(entries|usage_totals)\b/.test(text) && /^\s*(with|select)/i.test(text))
      statements.push({ text, values: given })
    return original.apply(this, values)
  }
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  Plans?: PlanNode[]
}

function scansOf(node: PlanNode): string[] {
  const own =
    node['Relation Name'] || node['Index Name']
      ? [`${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`]
      : []
  return [...own, ...(node.Plans ?? []).flatMap(scansOf)]
}

async function plansOf(client: pg.Client): Promise<string[]> {
  const found = new Set<string>()
  for (const { text, values } of statements) {
    // A batch of the ledger is no page.
    if (/insert into|update /i.test(text)) continue
    const { rows } = await client.query(`explain (format json) ${text}`, values)
    for (const scan of scansOf(rows[0]['QUERY PLAN'][0].Plan)) found.add(scan)
  }
  return [...found]
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

const postgres = await startPostgres({ isLogging: false })
const folder = mkdtempSync(join(tmpdir(), 'ownkey-books-'))
const adminToken = 'operator-token-of-the-bench-00000000001'
writeFileSync(join(folder, 'ownkey.yaml'), 'features: { chat: { title: Chat } }\n')
const environment = readEnvironment(
  {},
  {
    PORT: '0',
    OWNKEY_DATA_DIR: folder,
    OWNKEY_CONFIG: join(folder, 'ownkey.yaml'),
    DATABASE_URL: postgres.url,
    OWNKEY_ADMIN_TOKEN: adminToken,
  },
)
const server = await startServer({ environment, sandbox: false, log: createLog({ level: 'error' }) })
const call = (path: string, init: RequestInit = {}) =>
  fetch(`${server.url}/api/v1/orgs/${org}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', ...init.headers },
  })
const client = new pg.Client({ connectionString: postgres.url })
let failed = false
try {
  await client.connect()
  await call('', { method: 'PUT', body: JSON.stringify({ name: 'Busy', plan: 'standard' }) })
  print(`Filling ${entries} entries …`)
  await client.query(fill, [entries])
  await client.query(totals('hour', 'hour', "''"))
  await client.query(totals('user_day', 'day', 'user_id'))
  await client.query(others)
  await client.query('vacuum analyze')
  watchStatements()

  const deep = async (): Promise<string> => {
    const middle = new Date(Date.now() - 15 * 86_400_000).toISOString()
    const { nextCursor } = (await (await call(`/requests?to=${middle}&from=2000-01-01`)).json()) as {
      nextCursor: string
    }
    return `/requests?to=${middle}&from=2000-01-01&cursor=${encodeURIComponent(nextCursor)}`
  }
  const pages = [
    ...usagePages.map((group) => `/usage?groupBy=${group}`),
    ...requestFilters.map((filter) => `/requests?limit=100${filter}`),
    await deep(),
  ]
  print('\n| page | ms | scans |\n|---|---|---|')
  for (const page of pages) {
    const times: number[] = []
    for (let n = 0; n < 6; n++) {
      statements.length = 0
      const began = performance.now()
      const answer = await call(page)
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`${page}: ${answer.status}`)
      if (n > 0) times.push(performance.now() - began)
    }
    const scans = await plansOf(client)
    const slowest = Math.max(...times)
    const bad = slowest > targetMs || scans.some((scan) => /^Seq Scan (entries|usage_totals)/.test(scan))
    failed ||= bad
    print(`| ${page.slice(0, 60)} | ${slowest.toFixed(0)}${bad ? ' ✗' : ''} | ${scans.join(', ')} |`)
  }
} finally {
  await client.end()
  await server.close()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
