/**
 * The parts of statements that say which of the entries with one request id is charged. A charge has a name and is held by one
 * entry; the others with its name are repeats and cost nothing.
 */

/**
 * What one charge is for: the request id, and in a line behind it what else is the same. Lines of an older spool say "true" where
 * the caller chose the id.
 */
export const chargeName = (requestId: string, same: string) =>
  `${requestId} || case when ${same} in ('', 'true') then '' else chr(10) || ${same} end`

/** How often a request may be repeated for one charge: enough for a client's retries, too little to get around credits and quotas. */
const mostRepeats = 100

/** When a charge's name may be charged again: after 24 hours, after the charge was given back, after too many repeats. */
export const claimAgain = `c.charged_at < now() - interval '24 hours'
      or exists (select from entries x where x.id = c.entry_id and x.state = 'released')
      or (select count(*) from (select from entries x where x.org_id = c.org_id
            and x.request_id = split_part(c.request_id, chr(10), 1) and x.started_at > c.charged_at limit ${mostRepeats}) r) >= ${mostRepeats}`

/** Of the entries that begin (`o`), those that take the charge of their name; `e` are those that end. */
export const claims = `
named as (
  select distinct on (o.og, o.name) o.og, o.name, o.id
    from (select *, ${chargeName('rq', 'nm')} as name from o where nm is not null) o left join e on e.id = o.id
   where (o.cr > 0 or o.me is not null) and coalesce(e.ok, true) and not exists (select from entries x where x.id = o.id)
   order by o.og, o.name, o.id),
claims as (
  insert into request_charges as c (org_id, request_id, entry_id) select og, name, id from named order by og, name
  on conflict (org_id, request_id) do update set entry_id = excluded.entry_id, charged_at = excluded.charged_at
   where ${claimAgain} or exists (select from e where e.id = c.entry_id and not e.ok)
  returning entry_id),`

export const noClaims = 'claims as (select null::text as entry_id where false),'

/** Whether the charge of this name is held by an entry in this state. */
export const isHeld = (org: string, name: string, state: string) =>
  `exists (select from request_charges q join entries h on h.id = q.entry_id
            where q.org_id = ${org} and q.request_id = ${name} and h.state ${state})`

/** What a repeat would have cost, as long as the charge that it repeats may still be given back. */
export const repeats = `,
repeats as (
  insert into request_repeats (entry_id, org_id, request_id, credits, meter, meter_per, meter_start)
  select r.id, r.og, r.name, r.cr, case when r.ma is null then r.me end, case when r.ma is null then r.mp end,
         case when r.ma is null then to_timestamp(r.ms / 1000) end
    from r join ins on ins.id = r.id
   where r.repeated and r.ok
     and (exists (select from named n join claims c on c.entry_id = n.id where n.og = r.og and n.name = r.name)
          or not ${isHeld('r.og', 'r.name', "= 'settled'")})
  on conflict do nothing)`
