import type { Entry, EntryEnd, EntryStart, Standing } from '../metering/index.ts'
import type { Attempt } from '../policy/index.ts'
import type { Failure, PreparedSecret } from '../providers/index.ts'
import type { Tenant } from '../tenants/index.ts'
import { askForCountsOf } from './counts-opt-in.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { Resting } from './key-health.ts'
import { openAttempt } from './open-attempt.ts'
import type { Outcome } from './outcome.ts'
import { prepareSecret } from './prepare-secret.ts'
import { servedUsage } from './served-usage.ts'
import { UpstreamCall } from './upstream-call.ts'

export interface Try {
  attempt: Attempt
  index: number
  next: Attempt | undefined
  mayFallBack(failure: Failure): boolean
}

/** Failures that the provider finds only after it has accepted the key. */
export const keyAccepted: ReadonlySet<string> = new Set(['request_invalid', 'content_refused', 'model_unavailable'])

/**
 * Makes one attempt and writes it into the ledger, unless its key is known to be dead. Nothing here waits as long as the
 * key is known to be good, the tenant warm and its limits far.
 */
export function tryAttempt(exchange: Required<Exchange>, attempted: Try, gateway: Gateway): Promise<Outcome> {
  const { attempt } = attempted
  const key = attempt.key === undefined ? `platform:${attempt.provider}` : `${attempt.key.id}:${attempt.key.version}`
  if (gateway.health.isKnownGood(key))
    return reserveAndSend(exchange, attempted, { gateway, key, pilotDone: undefined })
  return tryUnproven(exchange, attempted, { gateway, key, pilotDone: undefined })
}

/** A key of unknown health: one request tries it, the others wait a moment for what it tells. */
async function tryUnproven(exchange: Required<Exchange>, attempted: Try, sending: Sending): Promise<Outcome> {
  const { gateway, key } = sending
  let resting = restingOutcome(key, exchange, { attempted, gateway })
  let turn = resting === undefined ? gateway.health.askToTry(key) : undefined
  while (turn instanceof Promise) {
    const said = await turn
    resting = restingOutcome(key, exchange, { attempted, gateway })
    const untold = said === 'ask again' || gateway.health.isSuspect(key)
    const asksAgain = untold && resting === undefined && !gateway.health.isKnownGood(key)
    turn = asksAgain ? gateway.health.askToTry(key) : undefined
  }
  if (resting !== undefined) {
    report(exchange, attempted, resting.failure, gateway)
    return resting
  }
  try {
    return await reserveAndSend(exchange, attempted, { ...sending, pilotDone: turn })
  } finally {
    turn?.()
  }
}

function reserveAndSend(exchange: Required<Exchange>, attempted: Try, sending: Sending): Promise<Outcome> {
  const start = entryStart(exchange, attempted)
  const entry = sending.gateway.deps.ledger.reserve(start, standingOf(exchange, attempted.attempt))
  return entry instanceof Promise
    ? entry.then((reserved) => openAndSend(exchange, attempted, reserved, sending))
    : openAndSend(exchange, attempted, entry, sending)
}

/** Opens the key as late as possible, from the newest snapshot: the request may have waited long for its body. */
function openAndSend(exchange: Required<Exchange>, attempted: Try, entry: Entry, sending: Sending): Promise<Outcome> {
  const { tenant } = exchange.caller
  const send = (newest: Tenant | undefined) => {
    try {
      const reserved = { ...sending, entry, tenant: newest ?? tenant }
      if (exchange.send !== undefined) return exchange.send(exchange, attempted, reserved)
      return prepareAndSend(exchange, attempted, reserved)
    } catch (error) {
      // An entry whose attempt could not be made charges nothing.
      entry.settle({ durationMs: 0, charged: false })
      throw error
    }
  }
  const snapshot = sending.gateway.deps.tenants.get(tenant.org)
  return snapshot instanceof Promise ? snapshot.then(send) : send(snapshot)
}

/** What the organization has left, as the snapshot says. */
function standingOf({ caller, setup }: Required<Exchange>, { meter, caps }: Attempt): Standing {
  const { tenant } = caller
  const { balance, spentAsOf } = tenant
  const quota = meter === undefined ? undefined : setup.policy.plans.get(tenant.plan)?.quotas[meter]
  if (meter === undefined || quota === undefined) return { balance, caps, spentAsOf }
  return { balance, caps, spentAsOf, quota: { limit: quota.limit, used: tenant.quotaUsed[meter] ?? 0 } }
}

/** The failure to answer without trying, while the key rests: the remembered one, with what is left of the waiting time. */
function restingOutcome(
  key: string,
  { caller, model }: Required<Exchange>,
  { attempted, gateway }: { attempted: Try; gateway: Gateway },
): Outcome | undefined {
  const rest = gateway.health.resting(key, model)
  if (rest === undefined) return undefined
  // Whoever has just tested the key and found it to work must not wait until the rest is over.
  const proved = caller.tenant.proved?.get(attempted.attempt.key?.id ?? '')
  if (proved === undefined || proved <= rest.since) return withTimeLeft(rest, gateway.now())
  gateway.health.accepted(key)
  return undefined
}

function withTimeLeft({ answer: outcome, until }: Resting<Outcome>, now: number): Outcome {
  if (outcome.answer === undefined) return outcome
  const headers: string[] = []
  for (let i = 0; i < outcome.answer.headers.length; i += 2) {
    const name = outcome.answer.headers[i] as string
    if (name !== 'retry-after' && name !== 'retry-after-ms') headers.push(name, outcome.answer.headers[i + 1] as string)
  }
  if (outcome.failure?.class === 'rate_limited')
    headers.push('retry-after', String(Math.max(1, Math.ceil((until - now) / 1000))))
  return { ...outcome, answer: { ...outcome.answer, headers } }
}

export function upstreamPath({ req, target, head }: Required<Exchange>): string {
  if (head.query !== '') return `${target.rest}?${head.query}`
  // A question mark with nothing behind it is the caller's; one whose query was all credentials is gone with them.
  return target.query === '' && (req.url as string).endsWith('?') ? `${target.rest}?` : target.rest
}

export interface Sending {
  gateway: Gateway
  /** The key and version under which its health is known. */
  key: string
  pilotDone: (() => void) | undefined
}

/** An attempt that stands in the ledger: from here on whoever sends it settles its entry, unless it throws at once. */
export interface Reserved extends Sending {
  entry: Entry
  /** As new as can be. */
  tenant: Tenant
  /** The token that was made of the stored document. */
  prepared?: PreparedSecret | undefined
}

/** Makes a reserved attempt. @throws before anything is sent; the entry is then settled for it */
export type AttemptSender = (exchange: Required<Exchange>, attempted: Try, reserved: Reserved) => Promise<Outcome>

/** Makes a token of the stored document first, where it is one. Without a token the attempt has failed, and nothing was sent. */
function prepareAndSend(exchange: Required<Exchange>, attempted: Try, reserved: Reserved): Promise<Outcome> {
  const { provider, setup } = exchange
  const { gateway, tenant, entry } = reserved
  const asked = prepareSecret({ attempt: attempted.attempt, provider, setup, tenant }, gateway)
  if (asked === undefined) return sendWith(exchange, attempted, reserved)
  return asked.then((prepared) => {
    if ('failure' in prepared) return endUnprepared(exchange, attempted, { ...reserved, outcome: prepared })
    try {
      return sendWith(exchange, attempted, { ...reserved, prepared })
    } catch (error) {
      entry.settle({ durationMs: 0, charged: false })
      throw error
    }
  })
}

function endUnprepared(
  exchange: Required<Exchange>,
  attempted: Try,
  { gateway, key, pilotDone, entry, outcome }: Reserved & { outcome: Outcome },
): Outcome {
  pilotDone?.()
  report(exchange, attempted, outcome.failure, gateway)
  entry.settle(entryEnd(outcome, exchange))
  remember(key, exchange.model, outcome, gateway)
  return outcome
}

function sendWith(
  exchange: Required<Exchange>,
  attempted: Try,
  { gateway, key, pilotDone, entry, tenant, prepared }: Reserved,
): Promise<Outcome> {
  const { attempt, next, mayFallBack } = attempted
  const { req, res, provider, surface, body, setup, upstream } = exchange
  const path = upstream?.path ?? upstreamPath(exchange)
  const counted = upstream === undefined ? askForCountsOf(exchange, attempt) : undefined
  const rawHeaders = (upstream ?? counted)?.headers ?? req.rawHeaders
  const opened = openAttempt({ attempt, provider, tenant, setup, rawHeaders, path, prepared }, gateway.deps)
  const call = new UpstreamCall({
    res,
    provider,
    filter: gateway.filterOf(provider),
    redactor: opened.redactor,
    usage: surface.meters === 'none' ? undefined : (surface.usage ?? provider.usage),
    ownHeaders: (failure) => gateway.ownHeaders(exchange, attempt, failure),
    // A translated stream that opens with an error is told as an error, never relayed.
    isFinal: (failure) => upstream === undefined && !mayFallBack(failure),
    translation: (upstream ?? counted)?.answer,
    onVerdict: (failure) => {
      if (failure === undefined || keyAccepted.has(failure.class)) gateway.health.accepted(key)
      pilotDone?.()
      report(exchange, attempted, failure, gateway)
    },
    onEnd: (outcome) => {
      entry.settle(entryEnd(outcome, exchange))
      if (outcome.failure !== undefined && !outcome.relayed) remember(key, exchange.model, outcome, gateway)
    },
  })
  exchange.call = call
  const { origin, guarded, headers } = opened
  gateway.deps.ledger.beforeSending(() => {
    if (exchange.callerGone) return call.abort()
    if (attempted.index === 0) gateway.deps.measure?.added(performance.now() - exchange.startedAt)
    const sent = (upstream ?? counted)?.body ?? body.open(next !== undefined)
    // A length that the caller gave is kept: some providers take no upload without one.
    if (sent === body.streamed && body.declaredLength !== undefined)
      headers.push('content-length', String(body.declaredLength))
    call.hangUp = gateway.egress.send(
      { origin, guarded, method: req.method as string, path: opened.path, headers, body: sent },
      call,
    )
  })
  return call.outcome
}

function entryStart(exchange: Required<Exchange>, { attempt, index }: Try): EntryStart {
  const { caller, surface, requestId, model, fallbackClass, head, setup } = exchange
  const quota =
    attempt.meter === undefined ? undefined : setup.policy.plans.get(caller.tenant.plan)?.quotas[attempt.meter]
  return {
    requestId,
    namedByCaller: head.requestId !== undefined,
    meterPer: quota?.per,
    meterCounts: quota?.count,
    attempt: index + 1,
    org: caller.tenant.org,
    user: caller.user,
    feature: caller.feature,
    environment: caller.environment,
    provider: attempt.provider,
    model,
    surface: surface.name,
    source: attempt.source,
    key: attempt.key,
    host: attempt.host,
    region: attempt.region,
    credits: attempt.credits,
    meter: attempt.meter,
    fallbackClass,
    startedAt: Date.now(),
  }
}

/** What is charged is what was served: an answer below 400, also when the caller left in the middle of it. */
function entryEnd(outcome: Outcome, exchange: Required<Exchange>): EntryEnd {
  const served = outcome.relayed && outcome.failure === undefined && (outcome.status ?? 500) < 400
  const { usage, estimated } = served ? servedUsage(outcome, exchange) : { usage: outcome.usage, estimated: false }
  return {
    status: outcome.status,
    errorClass: outcome.failure?.class ?? (outcome.cut === 'upstream' ? 'network' : undefined),
    usage,
    estimated,
    firstByteMs: outcome.firstByteMs === undefined ? undefined : Math.round(outcome.firstByteMs),
    durationMs: Math.round(outcome.durationMs),
    charged: served,
  }
}

export function remember(key: string, model: string | undefined, outcome: Outcome, gateway: Gateway): void {
  gateway.health.failed(key, { model, failure: outcome.failure as Failure, answer: { ...outcome, durationMs: 0 } })
}

export function report(
  exchange: Required<Exchange>,
  { attempt, mayFallBack }: Try,
  failure: Failure | undefined,
  { deps }: Gateway,
): void {
  deps.report?.({
    org: exchange.caller.tenant.org,
    feature: exchange.caller.feature,
    provider: attempt.provider,
    source: attempt.source,
    key: attempt.key,
    surface: exchange.surface.name,
    failure,
    fallback: failure !== undefined && mayFallBack(failure) ? failure.class : undefined,
  })
}
