import { lowestIdAt, randomBase62 } from '../lib/index.ts'
import {
  claimDelivery,
  type Database,
  type DeliveryResult,
  type DeliveryRow,
  finishDelivery,
  insertDeliveries,
  takeWebhookEvents,
  tidyDeliveries,
  type WebhookEventRow,
} from '../store/index.ts'
import { type Endpoint, endpointId, wantsEvent } from './endpoints.ts'
import { retryDelayMs } from './retry-delay.ts'
import { signWebhook } from './sign-webhook.ts'

/**
 * Sends one POST and gives the status, without following redirects.
 * @throws an error with a `code` when the endpoint cannot be reached or is too slow
 */
export type SendWebhook = (request: {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  timeoutMs: number
}) => Promise<number>

export interface DispatcherOptions {
  database: Database
  /** Asked each time: a reloaded configuration counts at once. */
  endpoints(): readonly Endpoint[]
  send: SendWebhook
  /** What kept it from working, for the log. */
  onTrouble(error: unknown): void
  version: string
  /** Between two looks into the outbox. Default 1 second. */
  everyMs?: number | undefined
}

export interface Dispatcher {
  /** Hands out what is in the outbox and sends what is due now, as it happens by itself every second. */
  run(): Promise<void>
  /** Lets what is being sent end. */
  close(): Promise<void>
}

const timeoutMs = 15_000
/** Longer than a try can take; after this, another node may take the delivery over. */
const leaseSeconds = 30
const eventsAtOnce = 200
const tidyEveryMs = 600_000
const keep = { deliveredDays: 7, deadDays: 30 }

/** Every node runs one; they share the work through the database. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { database, onTrouble, everyMs = 1_000 } = options
  let closed = false
  let handingOut: Promise<void> | undefined
  /** By endpoint: one that is slow keeps no other waiting, and no event in the outbox. */
  const sending = new Map<string, Promise<void>>()
  let tidyAt = 0
  const handOut = async (endpoints: ReadonlyMap<string, Endpoint>) => {
    if (Date.now() >= tidyAt) {
      tidyAt = Date.now() + tidyEveryMs
      await tidyDeliveries(database, { endpoints: [...endpoints.keys()], ...keep })
    }
    let more = true
    while (more && !closed) more = await fanOut(database, endpoints)
  }
  const sendAll = async (id: string, endpoint: Endpoint) => {
    let more = true
    while (more && !closed) more = await deliverNext({ id, endpoint }, options)
  }
  const run = async () => {
    const endpoints = new Map(options.endpoints().map((endpoint) => [endpointId(endpoint.url), endpoint]))
    handingOut ??= handOut(endpoints)
      .catch(onTrouble)
      .finally(() => {
        handingOut = undefined
      })
    await handingOut
    for (const [id, endpoint] of endpoints) {
      if (sending.has(id)) continue
      const done = sendAll(id, endpoint)
        .catch(onTrouble)
        .finally(() => sending.delete(id))
      sending.set(id, done)
    }
    await Promise.all(sending.values())
  }
  const timer = setInterval(() => void run(), everyMs).unref()
  return {
    run,
    async close() {
      closed = true
      clearInterval(timer)
      await handingOut
      await Promise.all(sending.values())
    },
  }
}

/** Replaces events in the outbox by their deliveries, in one transaction. @returns whether more events may be there */
function fanOut(database: Database, endpoints: ReadonlyMap<string, Endpoint>): Promise<boolean> {
  return database.transaction(async (tx) => {
    const events = await takeWebhookEvents(tx, eventsAtOnce)
    const deliveries = events.flatMap((event) =>
      [...endpoints]
        .filter(([, endpoint]) => wantsEvent(endpoint, event.type))
        .map(([endpoint]) => ({
          id: `dlv_${lowestIdAt(Date.now()).slice(0, 10)}${randomBase62(12)}`,
          event_id: event.id,
          org_id: event.org_id,
          endpoint,
          type: event.type,
          payload: payloadOf(event),
        })),
    )
    await insertDeliveries(tx, deliveries)
    return events.length === eventsAtOnce
  })
}

function payloadOf({ type, at, org_id: org, data }: WebhookEventRow): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data: { ...(org === '' ? {} : { org }), ...data } })
}

/** @returns whether there was one */
async function deliverNext(
  { id, endpoint }: { id: string; endpoint: Endpoint },
  options: DispatcherOptions,
): Promise<boolean> {
  const { database } = options
  const delivery = await database.transaction((tx) => claimDelivery(tx, { endpoint: id, leaseSeconds }))
  if (!delivery) return false
  await finishDelivery(database, delivery, await tryOnce(delivery, endpoint, options))
  return true
}

async function tryOnce(
  delivery: DeliveryRow,
  { url, secret }: Endpoint,
  { send, version }: DispatcherOptions,
): Promise<DeliveryResult> {
  const { event_id: id, payload } = delivery
  const timestamp = Math.floor(Date.now() / 1000)
  try {
    const status = await send({
      url,
      headers: {
        'content-type': 'application/json',
        'user-agent': `Ownkey/${version}`,
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook(secret, { id, timestamp, payload }),
      },
      body: payload,
      timeoutMs,
    })
    if (status >= 200 && status < 300) return { state: 'delivered', status, error: null }
    // The receiver says that it wants no more of these.
    if (status === 410) return { state: 'dead', status, error: 'gone' }
    return failed(delivery, status, 'refused')
  } catch (error) {
    return failed(delivery, null, codeOf(error))
  }
}

function failed({ attempts }: DeliveryRow, status: number | null, error: string): DeliveryResult {
  const afterMs = retryDelayMs(attempts)
  return afterMs === undefined ? { state: 'dead', status, error } : { state: 'pending', status, error, afterMs }
}

/** Only the code of a foreign error is kept: its message can hold the address. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^[A-Za-z0-9_]{1,64}$/.test(code) ? code : 'unreachable'
}
