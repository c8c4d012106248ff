import type { Database, Queryable } from '../database.ts'
import { chargeName, isHeld } from './charges.ts'
import {
  byTotal,
  type EntryBatch,
  grownTotals,
  moveBalances,
  type OpenedEntry,
  type OverdrawnRow,
  openedColumns,
  totalKeys,
  writeEntries,
} from './entries.ts'

/** The end of an entry may leave a charge to a repeat: both are written, or none. */
export function writeBooks(database: Database, batch: EntryBatch): Promise<OverdrawnRow[]> {
  if (!batch.endsNamed) return writeEntries(database, batch)
  return database.transaction(async (tx) => [...(await writeEntries(tx, batch)), ...(await settleRepeats(tx))])
}

/** Keeps what a repeat that is reserved by itself would have cost, as long as the charge may still be given back. */
export async function noteRepeat(tx: Queryable, entry: OpenedEntry): Promise<void> {
  await tx.query(
    `insert into request_repeats (entry_id, org_id, request_id, credits, meter, meter_per, meter_start)
     select id, og, ${chargeName('rq', 'nm')}, cr, case when ma is null then me end, case when ma is null then mp end,
            case when ma is null then to_timestamp(ms / 1000) end
       from json_to_recordset($1::json) as o(${openedColumns})
      where not ${isHeld('o.og', chargeName('o.rq', 'o.nm'), "= 'settled'")}
     on conflict do nothing`,
    [JSON.stringify([entry])],
  )
}

// A state other than `reserved` is for ever, so what is read of it holds; the row of the charge is locked, so that neither another
// process nor a new request takes the same charge.
const settleText = `with
names as materialized (select distinct org_id, request_id from request_repeats),
due as (
  select c.org_id, c.request_id, h.state
    from names n join request_charges c on c.org_id = n.org_id and c.request_id = n.request_id
    join entries h on h.id = c.entry_id
   where h.state <> 'reserved'
   order by c.org_id, c.request_id for update of c),
heirs as (
  select distinct on (r.org_id, r.request_id) r.*
    from due d join request_repeats r on r.org_id = d.org_id and r.request_id = d.request_id
    join entries x on x.id = r.entry_id
   where d.state = 'released' and x.state = 'settled'
   order by r.org_id, r.request_id, r.entry_id),
held as (
  update request_charges c set entry_id = h.entry_id from heirs h where c.org_id = h.org_id and c.request_id = h.request_id),
charged as (
  update entries x set credits = h.credits, meter = h.meter, meter_per = h.meter_per, meter_start = h.meter_start
    from heirs h where x.id = h.entry_id
  returning x.*),
over as (
  delete from request_repeats r using due d
   where r.org_id = d.org_id and r.request_id = d.request_id
     and (d.state = 'settled' or exists (select from entries x where x.id = r.entry_id and x.state = 'released')
          or exists (select from heirs h where h.org_id = d.org_id and h.request_id = d.request_id))),
totals as (
  insert into usage_totals as t
  select ${totalKeys}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(credits), 0
    from ${byTotal('charged')}
  ${grownTotals(['credits'])}),
moves as (select org_id, credits, meter, meter_per, meter_start, started_at, 1 as sign from charged)${moveBalances}`

/**
 * Where a charge was given back, a repeat of it that was served takes it: its credits and its count, once. Where the charge is
 * settled, its repeats are forgotten.
 * @returns organizations that now owe more than they had
 */
export function settleRepeats(queryable: Queryable): Promise<OverdrawnRow[]> {
  return queryable.query<OverdrawnRow>(settleText)
}
