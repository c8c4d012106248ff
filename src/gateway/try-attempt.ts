import type { ServerResponse } from 'node:http'
import type { AnswerTranslation } from '../dialect/index.ts'
import type { Entry, EntryEnd, EntryStart, Standing } from '../metering/index.ts'
import type { Attempt } from '../policy/index.ts'
import type { Failure, PreparedSecret, Provider, UsageReading } from '../providers/index.ts'
import type { Tenant } from '../tenants/index.ts'
import type { AnswerHeaderFilter } from './answer-headers.ts'
import { askForCountsOf } from './counts-opt-in.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { Resting } from './key-health.ts'
import type { KeyRedactor } from './key-redactor.ts'
import { type OpenedAttempt, openAttempt } from './open-attempt.ts'
import type { Outcome } from './outcome.ts'
import { prepareSecret } from './prepare-secret.ts'
import { servedUsage } from './served-usage.ts'
import { type CallOwner, UpstreamCall } from './upstream-call.ts'
import { wayBack } from './way-back.ts'

/** One attempt of a decision, in its place among the others. */
export interface Try {
  readonly attempt: Attempt
  readonly index: number
  readonly next: Attempt | undefined
  /** True when the next attempt may be made after this one failed so. */
  mayFallBack(failure: Failure): boolean
}

/** An attempt whose turn it is. */
export class Turn implements Try {
  readonly attempt: Attempt
  readonly index: number
  readonly next: Attempt | undefined
  private readonly exchange: Required<Exchange>

  constructor(exchange: Required<Exchange>, { attempt, index, next }: Pick<Try, 'attempt' | 'index' | 'next'>) {
    this.exchange = exchange
    this.attempt = attempt
    this.index = index
    this.next = next
  }

  mayFallBack(failure: Failure): boolean {
    return (
      this.next !== undefined &&
      this.attempt.fallbackOn.includes(failure.class) &&
      this.exchange.body.canReplay &&
      !this.exchange.callerGone
    )
  }
}

/** Failures that the provider finds only after it has accepted the key. */
export const keyAccepted: ReadonlySet<string> = new Set(['request_invalid', 'content_refused', 'model_unavailable'])

/**
 * Makes one attempt and writes it into the ledger, unless its key is known to be dead. Nothing here waits as long as the
 * key is known to be good, the tenant warm and its limits far.
 */
export function tryAttempt(exchange: Required<Exchange>, attempted: Try, gateway: Gateway): Promise<Outcome> {
  const { attempt } = attempted
  const key = healthNameOf(attempt)
  const sending: Sending = {
    gateway,
    key,
    pilotDone: undefined,
    entry: undefined,
    tenant: undefined,
    prepared: undefined,
  }
  if (gateway.health.isKnownGood(key)) return reserveAndSend(exchange, attempted, sending)
  return tryUnproven(exchange, attempted, sending)
}

const healthNames = new WeakMap<Attempt, string>()

/** What the health of an attempt's key is known by. An attempt is the same object for every request that is decided alike. */
function healthNameOf(attempt: Attempt): string {
  let name = healthNames.get(attempt)
  if (name === undefined) {
    name = attempt.key === undefined ? `platform:${attempt.provider}` : `${attempt.key.id}:${attempt.key.version}`
    healthNames.set(attempt, name)
  }
  return name
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
    sending.pilotDone = turn
    return await reserveAndSend(exchange, attempted, sending)
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
  sending.entry = entry
  const snapshot = sending.gateway.deps.tenants.get(tenant.org)
  if (!(snapshot instanceof Promise)) return sendReserved(exchange, attempted, { sending, tenant: snapshot ?? tenant })
  return snapshot.then((newest) => sendReserved(exchange, attempted, { sending, tenant: newest ?? tenant }))
}

function sendReserved(
  exchange: Required<Exchange>,
  attempted: Try,
  { sending, tenant }: { sending: Sending; tenant: Tenant },
): Promise<Outcome> {
  sending.tenant = tenant
  const reserved = sending as Reserved
  try {
    if (exchange.send !== undefined) return exchange.send(exchange, attempted, reserved)
    return prepareAndSend(exchange, attempted, reserved)
  } catch (error) {
    // An entry whose attempt could not be made charges nothing.
    reserved.entry.settle({ durationMs: 0, charged: false })
    throw error
  }
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

/** What an attempt gathers until it is sent. */
export interface Sending {
  gateway: Gateway
  /** The key and version under which its health is known. */
  key: string
  pilotDone: (() => void) | undefined
  entry: Entry | undefined
  /** As new as can be. */
  tenant: Tenant | undefined
  /** The token that was made of the stored document. */
  prepared: PreparedSecret | undefined
}

/** An attempt that stands in the ledger: from here on whoever sends it settles its entry, unless it throws at once. */
export interface Reserved extends Sending {
  entry: Entry
  tenant: Tenant
}

/** Makes a reserved attempt. @throws before anything is sent; the entry is then settled for it */
export type AttemptSender = (exchange: Required<Exchange>, attempted: Try, reserved: Reserved) => Promise<Outcome>

/** Makes a token of the stored document first, where it is one. Without a token the attempt has failed, and nothing was sent. */
function prepareAndSend(exchange: Required<Exchange>, attempted: Try, reserved: Reserved): Promise<Outcome> {
  const { provider, setup } = exchange
  const { gateway, tenant } = reserved
  const asked = prepareSecret({ attempt: attempted.attempt, provider, setup, tenant }, gateway)
  if (asked === undefined) return sendWith(exchange, attempted, reserved)
  return asked.then((prepared) => {
    if ('failure' in prepared) return endUnprepared(exchange, attempted, { ...reserved, outcome: prepared })
    reserved.prepared = prepared
    try {
      return sendWith(exchange, attempted, reserved)
    } catch (error) {
      reserved.entry.settle({ durationMs: 0, charged: false })
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

function sendWith(exchange: Required<Exchange>, attempted: Try, reserved: Reserved): Promise<Outcome> {
  const { attempt } = attempted
  const { gateway, tenant, prepared } = reserved
  const { req, provider, setup, upstream } = exchange
  const path = upstream?.path ?? upstreamPath(exchange)
  const counted = upstream === undefined ? askForCountsOf(exchange, attempt) : undefined
  const rewritten = upstream ?? counted
  const rawHeaders = rewritten?.headers ?? req.rawHeaders
  const opened = openAttempt({ attempt, provider, tenant, setup, rawHeaders, path, prepared }, gateway.deps)
  const translation = rewritten?.answer
  const call = new UpstreamCall(new AttemptUnderWay(exchange, attempted, { reserved, opened, translation }))
  exchange.call = call
  gateway.deps.ledger.beforeSending(() => {
    if (exchange.callerGone) call.abort()
    else sendNow(exchange, attempted, { gateway, call, opened, body: rewritten?.body })
  })
  return call.outcome
}

function sendNow(
  { req, body, startedAt }: Required<Exchange>,
  { index, next }: Try,
  sent: { gateway: Gateway; call: UpstreamCall; opened: OpenedAttempt; body: Buffer | undefined },
): void {
  const { gateway, call, opened } = sent
  if (index === 0) gateway.deps.measure?.added(performance.now() - startedAt)
  const sentBody = sent.body ?? body.open(next !== undefined)
  // A length that the caller gave is kept: some providers take no upload without one.
  if (sentBody === body.streamed && body.declaredLength !== undefined)
    opened.headers.push('content-length', String(body.declaredLength))
  const { origin, guarded, path, headers } = opened
  const method = req.method as string
  call.hangUp = gateway.egress.send({ origin, guarded, method, path, headers, body: sentBody }, call)
}

/** What the call to the provider needs of its attempt, and what it tells it. */
class AttemptUnderWay implements CallOwner {
  readonly res: ServerResponse
  readonly provider: Provider
  readonly filter: AnswerHeaderFilter
  readonly redactor: KeyRedactor
  readonly usage: UsageReading | undefined
  readonly translation: AnswerTranslation | undefined
  private readonly exchange: Required<Exchange>
  private readonly attempted: Try
  private readonly reserved: Reserved

  constructor(
    exchange: Required<Exchange>,
    attempted: Try,
    sent: { reserved: Reserved; opened: OpenedAttempt; translation: AnswerTranslation | undefined },
  ) {
    const { provider, surface } = exchange
    this.exchange = exchange
    this.attempted = attempted
    this.reserved = sent.reserved
    this.res = exchange.res
    this.provider = provider
    this.filter = filterFor(exchange, sent.opened, sent.reserved.gateway)
    this.redactor = sent.opened.redactor
    this.usage = surface.meters === 'none' ? undefined : (surface.usage ?? provider.usage)
    this.translation = sent.translation
  }

  ownHeaders(failure: Failure | undefined): string[] {
    return this.reserved.gateway.ownHeaders(this.exchange, this.attempted.attempt, failure)
  }

  isFinal(failure: Failure): boolean {
    // A translated stream that opens with an error is told as an error, never relayed.
    return this.exchange.upstream === undefined && !this.attempted.mayFallBack(failure)
  }

  onVerdict(failure: Failure | undefined): void {
    const { gateway, key, pilotDone } = this.reserved
    if (failure === undefined || keyAccepted.has(failure.class)) gateway.health.accepted(key)
    pilotDone?.()
    report(this.exchange, this.attempted, failure, gateway)
  }

  onEnd(outcome: Outcome): void {
    const { gateway, key, entry } = this.reserved
    entry.settle(entryEnd(outcome, this.exchange))
    if (outcome.failure !== undefined && !outcome.relayed) remember(key, this.exchange.model, outcome, gateway)
  }
}

/** Where the provider's answers name addresses at it, they are told as those behind this gateway. */
function filterFor(exchange: Required<Exchange>, opened: OpenedAttempt, gateway: Gateway): AnswerHeaderFilter {
  const filter = gateway.filterOf(exchange.provider)
  const { answerAddresses } = exchange.provider
  const tell = answerAddresses === undefined ? undefined : wayBack(exchange, opened, upstreamPath(exchange))
  return tell === undefined ? filter : filter.withAddresses(answerAddresses as readonly string[], tell)
}

function entryStart(exchange: Required<Exchange>, { attempt, index }: Try): EntryStart {
  const { caller, surface, requestId, model, fallbackClass, head, setup } = exchange
  const quota =
    attempt.meter === undefined ? undefined : setup.policy.plans.get(caller.tenant.plan)?.quotas[attempt.meter]
  return {
    kind: attempt,
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
  attempted: Try,
  failure: Failure | undefined,
  { deps }: Gateway,
): void {
  const { attempt } = attempted
  deps.report?.({
    org: exchange.caller.tenant.org,
    feature: exchange.caller.feature,
    provider: attempt.provider,
    source: attempt.source,
    key: attempt.key,
    surface: exchange.surface.name,
    failure,
    fallback: failure !== undefined && attempted.mayFallBack(failure) ? failure.class : undefined,
  })
}
