import type { Queryable } from '../database.ts'
import { chargeName, claims, isHeld, noClaims, repeats } from './charges.ts'

/**
 * An attempt as it is written when it begins. The names are short because a batch of these is one JSON parameter and
 * is also what the spool keeps; `columns` below says what each means.
 */
export interface OpenedEntry {
  id: string
  /** Request id; and what else a repeat has in common, where the caller chose the id (then it is charged once in 24 hours). */
  rq: string
  nm?: string | undefined
  at: number
  og: string
  us?: string | undefined
  fe?: string | undefined
  en: string
  pr: string
  mo?: string | undefined
  su: string
  ks: string
  ki?: string | undefined
  kv?: number | undefined
  ho: string
  re?: string | undefined
  cr: number
  /** Meter, whether failures count toward it too, its period's kind and start (ms). */
  me?: string | undefined
  ma?: true | undefined
  mp?: 'day' | 'month' | undefined
  ms?: number | undefined
  fc?: string | undefined
  /** Milliseconds since 1970. */
  st: number
}

/** How it ended. `ok` false: nothing is charged. */
export interface EndedEntry {
  id: string
  ok: boolean
  sc?: number | undefined
  ec?: string | undefined
  mo?: string | undefined
  it?: number | undefined
  ot?: number | undefined
  ct?: number | undefined
  wt?: number | undefined
  rt?: number | undefined
  ch?: number | undefined
  am?: number | undefined
  es?: true | undefined
  cp?: number | undefined
  cu?: string | undefined
  fb?: number | undefined
  du: number
  en: number
}

export interface EntryBatch {
  /** JSON arrays of `OpenedEntry` and `EndedEntry`, as text or its bytes. */
  opened: string | Buffer
  ended: string | Buffer
  node: string
  /** True when any of them has credits or a meter; false leaves the balances alone and is cheaper. */
  charging: boolean
  /** True when an entry ends whose request id the caller chose, and that has credits or a meter. */
  endsNamed?: boolean | undefined
}

/** Organizations that now owe more than they had. */
export interface OverdrawnRow {
  org_id: string
  overdrawn: number
}

export const openedColumns = `id text, rq text, nm text, at int, og text, us text, fe text, en text, pr text, mo text, su text,
  ks text, ki text, kv int, ho text, re text, cr bigint, me text, ma boolean, mp text, ms float8, fc text, st float8`
const endedColumns = `id text, ok boolean, sc int, ec text, mo text, it bigint, ot bigint, ct bigint, wt bigint, rt bigint,
  ch bigint, am bigint, es boolean, cp bigint, cu text, fb int, du int, en float8`

const entryColumns = `id, request_id, attempt, org_id, user_id, feature, environment, provider, model, surface, key_source,
  key_id, key_version, host, region, state, status, error_class, fallback_class, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, reasoning_tokens, characters, audio_ms, estimated, credits, meter, meter_per,
  meter_start, meter_all, cost_pico, currency, started_at, first_byte_ms, duration_ms, settled_at, node`

/**
 * Counts that stop at the largest number instead of failing: a customer's own server may tell any counts, and an entry whose
 * totals cannot be written would not be written either. Money has no largest number there: in a currency of small units a month's
 * spending is beyond that of a count, and a cap must see it.
 */
const grown = (columns: readonly string[]) =>
  columns
    .map((name) => {
      const added =
        name === 'cost_pico' ? 'excluded.cost_pico' : `least(excluded.${name}, 9223372036854775807 - t.${name})`
      return `${name} = t.${name} + ${added}`
    })
    .join(', ')

export const grownTotals = (
  columns: readonly string[],
) => `on conflict (org_id, grain, bucket, user_id, feature, provider, model,
    surface, key_source, key_id, environment, error_class, currency) do update set ${grown(columns)}`

/** The totals that finished entries belong to, in the order of the table. */
export const totalKeys = `org_id, grain, bucket, us, coalesce(feature, ''), provider, coalesce(model, ''), surface, key_source,
         coalesce(key_id, ''), environment, coalesce(error_class, ''), coalesce(currency, '')`

/** Finished entries, by hour and by user and day, summed by `totalKeys`. */
export const byTotal = (entries: string) => `(
      select ${entries}.*, 'hour' as grain, date_trunc('hour', started_at, 'UTC') as bucket, '' as us from ${entries}
      union all
      select ${entries}.*, 'user_day', date_trunc('day', started_at, 'UTC'), coalesce(user_id, '') from ${entries}) f
   group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
   order by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13`

const writeRows = `
r as (
  select o.*, e.id is not null as over, coalesce(e.ok, true) as ok, e.sc, e.ec, coalesce(e.mo, o.mo) as model, e.it, e.ot,
         e.ct, e.wt, e.rt, e.ch, e.am, coalesce(e.es, false) as es, e.cp, e.cu, e.fb, e.du, e.en as ended_at,
         ${chargeName('o.rq', 'o.nm')} as name,
         o.nm is not null and (o.cr > 0 or o.me is not null) and c.entry_id is null
           and (coalesce(e.ok, true) or ${isHeld('o.og', chargeName('o.rq', 'o.nm'), "<> 'released'")}) as repeated
    from o left join e on e.id = o.id left join claims c on c.entry_id = o.id),
ins as (
  insert into entries (${entryColumns})
  select id, rq, at, og, us, fe, en, pr, model, su, ks, ki, kv, ho, re,
         case when not over then 'reserved' when ok then 'settled' else 'released' end,
         sc, ec, fc, it, ot, ct, wt, rt, ch, am, es,
         case when repeated or not ok then 0 else cr end, case when repeated then null else me end,
         case when repeated then null else mp end, case when repeated then null else to_timestamp(ms / 1000) end,
         coalesce(ma, false), cp, cu, to_timestamp(st / 1000), fb, du, to_timestamp(ended_at / 1000), $3
    from r
  on conflict (id) do nothing
  returning ${entryColumns}),
upd as (
  update entries t set state = case when e.ok then 'settled' else 'released' end, status = e.sc, error_class = e.ec,
         model = coalesce(e.mo, t.model), input_tokens = e.it, output_tokens = e.ot, cache_read_tokens = e.ct,
         cache_write_tokens = e.wt, reasoning_tokens = e.rt, characters = e.ch, audio_ms = e.am,
         estimated = coalesce(e.es, false), cost_pico = e.cp, currency = e.cu, first_byte_ms = e.fb, duration_ms = e.du,
         settled_at = to_timestamp(e.en / 1000), credits = case when e.ok then t.credits else 0 end
    from e join entries old on old.id = e.id where t.id = e.id and t.state = 'reserved'
  returning ${entryColumns
    .split(',')
    .map((column) => `t.${column.trim()}`)
    .join(', ')}, old.credits as held),
finals as (
  select ins.*, 0 as held from ins where state <> 'reserved' union all select * from upd),
totals as (
  insert into usage_totals as t
  select ${totalKeys},
         count(*), count(*) filter (where error_class is not null or status >= 400),
         count(*) filter (where fallback_class is not null and key_source = 'platform'),
         count(*) filter (where state = 'settled' and error_class is null and cost_pico is null),
         coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
         coalesce(sum(cache_write_tokens), 0), coalesce(sum(reasoning_tokens), 0), coalesce(sum(characters), 0),
         coalesce(sum(audio_ms), 0), coalesce(sum(credits), 0), coalesce(sum(cost_pico), 0),
         count(*) filter (where error_class is null and status is null)
    from ${byTotal('finals')}
  ${grownTotals(['requests', 'failed', 'fallbacks', 'unpriced', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens', 'characters', 'audio_ms', 'credits', 'cost_pico', 'unanswered'])}),
spending as (
  insert into spend_totals as t
  select org_id, per, date_trunc(per, started_at, 'UTC'), coalesce(feature, ''), coalesce(key_id, ''),
         case when key_source <> 'platform' then 'own' when fallback_class is not null then 'fallback' else 'platform' end,
         coalesce(currency, ''), coalesce(sum(cost_pico), 0), count(*) filter (where cost_pico is null)
    from finals cross join (values ('day'), ('month')) p(per)
   where state = 'settled' and (cost_pico is not null or coalesce(input_tokens, output_tokens, characters, audio_ms) is not null)
   group by 1, 2, 3, 4, 5, 6, 7
   order by 1, 2, 3, 4, 5, 6, 7
  on conflict (org_id, per, period_start, feature, key_id, source, currency)
  do update set ${grown(['cost_pico', 'unpriced'])})`

/** @param over what was charged before beyond the allowance; below zero: what is left of it */
const beyond = (over: string, credits: string) => `(greatest(${over} + ${credits}, 0) - greatest(${over}, 0))`

/** The part of a charge (or, below zero, of what is given back) that the month's allowance does not cover. */
export const beyondAllowance = (credits: string) => beyond('g.allowance_spent - g.allowance_size', credits)

// Everything follows from rows that changed their state in this very statement, so that writing a batch twice charges once.
const moves = `,
moves as (
  select org_id, credits, case when state <> 'released' or meter_all then meter end as meter, meter_per, meter_start, started_at, 1 as sign from ins
  union all
  select org_id, held, case when not meter_all then meter end, meter_per, meter_start, started_at, -1 from upd where state = 'released')`

/** A request that began before the month of the allowance is the former month's, whenever it ends. */
const isFormer = '(m.started_at < coalesce(o.allowance_month, m.started_at))'
/** The same of a request of the month before, which is charged to what that month left. */
export const beyondFormer = (credits: string) => beyond('g.allowance_former', credits)
const fromBalance = `(${beyondAllowance('owed.credits')} + ${beyondFormer('owed.former')})`

/** What `moves` says is taken from balances and allowances, or given back, and counted by meters. */
export const moveBalances = `,
owed as (
  select g.id, d.credits, d.former from organizations g
    join (select m.org_id, coalesce(sum(m.credits * m.sign) filter (where not ${isFormer}), 0)::bigint as credits,
                 coalesce(sum(m.credits * m.sign) filter (where ${isFormer}), 0)::bigint as former
            from moves m join organizations o on o.id = m.org_id group by m.org_id) d on d.org_id = g.id
   where d.credits <> 0 or d.former <> 0 order by g.id for no key update of g),
paid as (
  update organizations g
     set balance = greatest(g.balance - g.overdrawn - ${fromBalance}, 0),
         overdrawn = greatest(g.overdrawn + ${fromBalance} - g.balance, 0),
         allowance_spent = g.allowance_spent + owed.credits, allowance_former = g.allowance_former + owed.former
    from owed where g.id = owed.id
  returning g.id, g.overdrawn),
counted as (
  select m.org_id, m.meter, m.meter_per, m.meter_start, sum(m.sign)::bigint as n from moves m
    join organizations g on g.id = m.org_id
   where m.meter is not null group by 1, 2, 3, 4 having sum(m.sign) <> 0 order by 1, 2, 3, 4),
counted_up as (
  insert into quota_usage as q (org_id, meter, per, period_start, used)
  select org_id, meter, meter_per, meter_start, n from counted where n > 0
  on conflict (org_id, meter, per, period_start) do update set used = q.used + excluded.used),
counted_down as (
  update quota_usage q set used = greatest(q.used + n, 0) from counted c
   where c.n < 0 and q.org_id = c.org_id and q.meter = c.meter and q.per = c.meter_per and q.period_start = c.meter_start)
select id as org_id, overdrawn from paid where overdrawn > 0`

const batchText = (charging: boolean) => `with
o as materialized (select * from json_to_recordset($1::json) as o(${openedColumns})),
e as materialized (select * from json_to_recordset($2::json) as e(${endedColumns})),
${charging ? claims : noClaims}${writeRows}${charging ? `${repeats}${moves}${moveBalances}` : '\nselect null as org_id, null as overdrawn where false'}`

/** By name, because to plan them takes longer than to write a few entries. */
const batchStatements = {
  charging: { name: 'write charging entries', text: batchText(true) },
  plain: { name: 'write plain entries', text: batchText(false) },
}

/**
 * Writes entries that began and entries that ended, with balances, quotas and totals, in one statement. Idempotent:
 * writing the same batch again, or one that overlaps it, changes nothing.
 */
export function writeEntries(queryable: Queryable, batch: EntryBatch): Promise<OverdrawnRow[]> {
  const { text, name } = batchStatements[batch.charging ? 'charging' : 'plain']
  return queryable.query<OverdrawnRow>(text, [batch.opened, batch.ended, batch.node], name)
}
