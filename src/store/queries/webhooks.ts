import type { Queryable } from '../database.ts'

/** Something that endpoints may be told. Written in the transaction of the change that it tells of. */
export interface WebhookEvent {
  id: string
  /** Empty: the platform. */
  org: string
  type: string
  /** Metadata; never a secret or a prompt. */
  data: Readonly<Record<string, unknown>>
}

export interface WebhookEventRow {
  id: string
  org_id: string
  type: string
  data: Record<string, unknown>
  at: Date
}

export interface DeliveryRow {
  id: string
  event_id: string
  org_id: string
  endpoint: string
  type: string
  payload: string
  state: 'pending' | 'delivered' | 'dead'
  attempts: number
  next_at: Date
  last_status: number | null
  last_error: string | null
  created_at: Date
  finished_at: Date | null
}

export async function insertWebhookEvent(tx: Queryable, { id, org, type, data }: WebhookEvent): Promise<void> {
  await tx.query('insert into webhook_events (id, org_id, type, data) values ($1, $2, $3, $4::jsonb)', [
    id,
    org,
    type,
    JSON.stringify(data),
  ])
}

/** Takes the oldest events out of the outbox; what another node takes right now is passed over. */
export function takeWebhookEvents(tx: Queryable, limit: number): Promise<WebhookEventRow[]> {
  return tx.query<WebhookEventRow>(
    `delete from webhook_events where id in (
       select id from webhook_events order by at, id limit $1 for update skip locked)
     returning id, org_id, type, data, at`,
    [limit],
  )
}

export type NewDelivery = Pick<DeliveryRow, 'id' | 'event_id' | 'org_id' | 'endpoint' | 'type' | 'payload'>

export async function insertDeliveries(tx: Queryable, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return
  await tx.query(
    `insert into webhook_deliveries (id, event_id, org_id, endpoint, type, payload, state)
     select r.id, r.event_id, r.org_id, r.endpoint, r.type, r.payload, 'pending'
       from json_to_recordset($1) as r(id text, event_id text, org_id text, endpoint text, type text, payload text)
     on conflict (event_id, endpoint) do nothing`,
    [JSON.stringify(deliveries)],
  )
}

/**
 * Takes one delivery that is due for an endpoint, unless another of the same endpoint is being sent by anybody. Its turn
 * is counted at once, so that one that kills its sender does not stay for ever.
 */
export async function claimDelivery(
  tx: Queryable,
  { endpoint, leaseSeconds }: { endpoint: string; leaseSeconds: number },
): Promise<DeliveryRow | undefined> {
  const [lock] = await tx.query<{ mine: boolean }>(
    "select pg_try_advisory_xact_lock(hashtextextended('ownkey webhook ' || $1, 0)) as mine",
    [endpoint],
  )
  if (!lock?.mine) return undefined
  const [row] = await tx.query<DeliveryRow>(
    `update webhook_deliveries set attempts = attempts + 1, leased_until = now() + make_interval(secs => $2)
      where id = (
        select d.id from webhook_deliveries d
         where d.endpoint = $1 and d.state = 'pending' and d.next_at <= now()
           and not exists (select 1 from webhook_deliveries b
                            where b.endpoint = $1 and b.state = 'pending' and b.leased_until > now())
         order by d.next_at, d.id limit 1 for update skip locked)
     returning *`,
    [endpoint, leaseSeconds],
  )
  return row
}

export interface DeliveryResult {
  state: DeliveryRow['state']
  status: number | null
  error: string | null
  /** Until the next try; for `pending` only. */
  afterMs?: number | undefined
}

/** A delivery that was deleted or sent by somebody else meanwhile (`attempts` moved on) stays as it is. */
export async function finishDelivery(
  queryable: Queryable,
  { id, attempts }: Pick<DeliveryRow, 'id' | 'attempts'>,
  { state, status, error, afterMs = 0 }: DeliveryResult,
): Promise<void> {
  await queryable.query(
    `update webhook_deliveries
        set state = $3, last_status = $4, last_error = $5, leased_until = null,
            next_at = now() + make_interval(secs => $6::float8 / 1000),
            finished_at = case when $3 = 'pending' then null else now() end
      where id = $1 and attempts = $2 and state = 'pending'`,
    [id, attempts, state, status, error, afterMs],
  )
}

export interface DeliveryFilter {
  state?: DeliveryRow['state'] | undefined
  endpoint?: string | undefined
  org?: string | undefined
  /** Ids below this one. */
  before?: string | undefined
  limit: number
}

/** Newest first. */
export function listDeliveries(
  queryable: Queryable,
  { state, endpoint, org, before, limit }: DeliveryFilter,
): Promise<DeliveryRow[]> {
  return queryable.query<DeliveryRow>(
    `select * from webhook_deliveries
      where ($1::text is null or state = $1) and ($2::text is null or endpoint = $2)
        and ($3::text is null or org_id = $3) and ($4::text is null or id < $4)
      order by id desc limit $5`,
    [state ?? null, endpoint ?? null, org ?? null, before ?? null, limit],
  )
}

const again = `state = 'pending', attempts = 0, next_at = now(), leased_until = null, finished_at = null`

/** Sends a finished delivery once more, with all its tries. Undefined: there is none. A pending one becomes due. */
export async function replayDelivery(queryable: Queryable, id: string): Promise<DeliveryRow | undefined> {
  const [row] = await queryable.query<DeliveryRow>(`update webhook_deliveries set ${again} where id = $1 returning *`, [
    id,
  ])
  return row
}

/** @returns how many */
export async function replayDeadDeliveries(queryable: Queryable, endpoint?: string): Promise<number> {
  const rows = await queryable.query(
    `update webhook_deliveries set ${again} where state = 'dead' and ($1::text is null or endpoint = $1) returning id`,
    [endpoint ?? null],
  )
  return rows.length
}

export interface EndpointCount {
  endpoint: string
  state: DeliveryRow['state']
  count: number
}

export function countDeliveries(queryable: Queryable): Promise<EndpointCount[]> {
  return queryable.query('select endpoint, state, count(*) as count from webhook_deliveries group by endpoint, state')
}

/** What waits for an endpoint that the configuration has no more goes to the dead letters; what is old goes away. */
export async function tidyDeliveries(
  queryable: Queryable,
  { endpoints, deliveredDays, deadDays }: { endpoints: readonly string[]; deliveredDays: number; deadDays: number },
): Promise<void> {
  await queryable.query(
    `update webhook_deliveries set state = 'dead', last_error = 'endpoint_removed', finished_at = now(), leased_until = null
      where state = 'pending' and endpoint <> all($1::text[])`,
    [endpoints],
  )
  await queryable.query(
    `delete from webhook_deliveries
      where (state = 'delivered' and finished_at < now() - make_interval(days => $1))
         or (state = 'dead' and finished_at < now() - make_interval(days => $2))`,
    [deliveredDays, deadDays],
  )
}
