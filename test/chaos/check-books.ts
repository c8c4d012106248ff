/**
 * Compares the books with what reached the provider. It shares no code with the server: plain SQL, and the provider's own
 * journal.
 */
import pg from 'pg'

/** One request as the provider saw it. */
export interface Seen {
  id: string
  inputTokens: number
}

export interface BooksReport {
  /** What is wrong, in sentences; empty: the books are right. */
  faults: string[]
  reached: number
  entries: number
  /** Entries of requests that the process was about to send when it died. */
  unsent: number
  estimated: number
}

interface EntryRow {
  request_id: string
  org_id: string
  state: string
  estimated: boolean
  input_tokens: string | null
  credits: string
}

/** @param granted credits by organization */
export async function checkBooks(
  databaseUrl: string,
  seen: readonly Seen[],
  granted: Readonly<Record<string, number>>,
): Promise<BooksReport> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows: entries } = await client.query<EntryRow>('select * from entries')
    const faults = [...compareWithJournal(entries, seen), ...(await compareSums(client, granted))]
    const ids = new Set(seen.map(({ id }) => id))
    return {
      faults,
      reached: seen.length,
      entries: entries.length,
      unsent: entries.filter(({ request_id }) => !ids.has(request_id)).length,
      estimated: entries.filter(({ estimated }) => estimated).length,
    }
  } finally {
    await client.end()
  }
}

function compareWithJournal(entries: readonly EntryRow[], seen: readonly Seen[]): string[] {
  const byRequest = new Map<string, EntryRow[]>()
  for (const entry of entries) byRequest.set(entry.request_id, [...(byRequest.get(entry.request_id) ?? []), entry])
  const faults: string[] = []
  const ids = new Set<string>()
  for (const { id, inputTokens } of seen) {
    if (ids.has(id)) faults.push(`${id} reached the provider twice`)
    ids.add(id)
    const found = byRequest.get(id) ?? []
    if (found.length !== 1) faults.push(`${id} reached the provider and is in the books ${found.length} times`)
    for (const { estimated, input_tokens, state } of found) {
      if (state === 'settled' && !estimated && Number(input_tokens) !== inputTokens)
        faults.push(`${id} used ${inputTokens} tokens and the books say ${input_tokens}`)
      // Released is what the provider refused; of what nobody knows the end, the end is not known to be a refusal.
      if (state === 'released' && estimated) faults.push(`${id} reached the provider and was given back`)
    }
  }
  for (const { request_id, state, estimated } of entries) {
    if (state === 'reserved') faults.push(`${request_id} is still reserved`)
    if (!ids.has(request_id) && state === 'settled' && !estimated)
      faults.push(`${request_id} never reached the provider and is in the books as if it had been told its counts`)
  }
  return faults
}

/** Sums that must agree: what is left of what was granted, and each total with the entries behind it. */
const sums: readonly [name: string, sql: string][] = [
  [
    'the totals by hour',
    `select org_id as of from entries group by 1
      having count(*) <> (select coalesce(sum(requests), 0) from usage_totals t where t.org_id = entries.org_id and grain = 'hour')
          or sum(credits) <> (select coalesce(sum(credits), 0) from usage_totals t where t.org_id = entries.org_id and grain = 'hour')`,
  ],
  [
    'the month’s spending',
    `select org_id as of from entries group by 1
      having coalesce(sum(cost_pico), 0) <> (select coalesce(sum(cost_pico), 0) from spend_totals t where t.org_id = entries.org_id and per = 'month')`,
  ],
  [
    'the quotas',
    `select org_id as of from entries group by 1
      having count(*) filter (where meter is not null and state = 'settled')
          <> (select coalesce(sum(used), 0) from quota_usage q where q.org_id = entries.org_id)`,
  ],
]

async function compareSums(client: pg.Client, granted: Readonly<Record<string, number>>): Promise<string[]> {
  const faults: string[] = []
  const { rows } = await client.query<{ id: string; left: string; charged: string }>(
    `select id, balance - overdrawn as left, (select coalesce(sum(credits), 0) from entries where org_id = o.id) as charged
       from organizations o`,
  )
  for (const { id, left, charged } of rows) {
    if (Number(left) !== (granted[id] ?? 0) - Number(charged))
      faults.push(`${id} was granted ${granted[id]}, charged ${charged}, and has ${left} left`)
  }
  for (const [name, sql] of sums) {
    const { rows: wrong } = await client.query<{ of: string }>(sql)
    for (const row of wrong) faults.push(`${name} of ${row.of} differ from the entries`)
  }
  return faults
}
