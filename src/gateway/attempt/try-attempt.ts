import type { Entry } from '../../metering/index.ts'
import type { Attempt } from '../../policy/index.ts'
import type { PreparedSecret } from '../../providers/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import { UpstreamCall } from '../answer/upstream-call.ts'
import { confirmRight } from '../decision/confirm-right.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
import { entryEnd, entryStart, standingOf, unsent } from './attempt-entry.ts'
import { remember, report } from './attempt-lessons.ts'
import { AttemptUnderWay } from './attempt-under-way.ts'
import { askForCountsOf } from './counts-opt-in.ts'
import { askedHeaders } from './job-answer.ts'
import type { Resting } from './key-health.ts'
import { type OpenedAttempt, openAttempt } from './open-attempt.ts'
import type { Outcome } from './outcome.ts'
import { prepareSecret, type Unprepared } from './prepare-secret.ts'
import { tellAddressesOf } from './told-addresses.ts'
import type { Turn } from './turn.ts'
import { upstreamPath } from './upstream-path.ts'

/**
 * Makes one attempt and enters it in the ledger, unless its key is known to be dead. Nothing here waits while the key is known to be
 * good, the tenant is in memory and its limits are far.
 */
export function tryAttempt(exchange: Required<Exchange>, turn: Turn, gateway: Gateway): Promise<Outcome> {
  const { attempt } = turn
  const key = healthNameOf(exchange, attempt)
  const sending: Sending = {
    gateway,
    key,
    pilotDone: undefined,
    entry: undefined,
    tenant: undefined,
    prepared: undefined,
  }
  if (gateway.health.isKnownGood(key)) return reserveAndSend(exchange, turn, sending)
  return tryUnproven(exchange, turn, sending)
}

const healthNames = new WeakMap<Attempt, string>()

/**
 * The name under which the health of an attempt's key is kept; a new version of a key has a new name, and no history. Of the
 * platform's key every organization has a history of its own: what one calls can fail by what it calls, and the answer that is
 * remembered is the answer to that one.
 */
function healthNameOf({ caller }: Required<Exchange>, attempt: Attempt): string {
  let name = healthNames.get(attempt)
  if (name === undefined) {
    const { key, provider } = attempt
    name = key === undefined ? `platform:${provider}:${caller.tenant.org}` : `${key.id}:${key.version}`
    healthNames.set(attempt, name)
  }
  return name
}

/** A key of unknown health: one request tries it, and the others wait a moment for its result. */
async function tryUnproven(exchange: Required<Exchange>, turn: Turn, sending: Sending): Promise<Outcome> {
  const { gateway, key } = sending
  let resting = restingOutcome(key, exchange, { turn, gateway })
  let go = resting === undefined ? gateway.health.askToTry(key) : undefined
  while (go instanceof Promise) {
    const said = await go
    resting = restingOutcome(key, exchange, { turn, gateway })
    const untold = said === 'ask again' || gateway.health.isSuspect(key)
    const asksAgain = untold && resting === undefined && !gateway.health.isKnownGood(key)
    go = asksAgain ? gateway.health.askToTry(key) : undefined
  }
  if (resting !== undefined) {
    report(exchange, turn, resting.failure, gateway)
    return resting
  }
  try {
    sending.pilotDone = go
    return await reserveAndSend(exchange, turn, sending)
  } finally {
    go?.()
  }
}

function reserveAndSend(exchange: Required<Exchange>, turn: Turn, sending: Sending): Promise<Outcome> {
  const start = entryStart(exchange, turn)
  const { deps } = sending.gateway
  const entry = deps.ledger.reserve(start, standingOf(exchange, turn.attempt, deps))
  return entry instanceof Promise
    ? entry.then((reserved) => openAndSend(exchange, turn, reserved, sending))
    : openAndSend(exchange, turn, entry, sending)
}

/** Opens the key as late as possible, from the newest snapshot. */
function openAndSend(exchange: Required<Exchange>, turn: Turn, entry: Entry, sending: Sending): Promise<Outcome> {
  sending.entry = entry
  let tenant: Tenant | Promise<Tenant>
  try {
    tenant = confirmRight(exchange, turn.attempt, sending.gateway)
  } catch (error) {
    return giveBack(entry, error)
  }
  if (!(tenant instanceof Promise)) return sendReserved(exchange, turn, { sending, tenant })
  return tenant.then(
    (newest) => sendReserved(exchange, turn, { sending, tenant: newest }),
    (error) => giveBack(entry, error),
  )
}

/** Settles the entry of an attempt that could not be made; it charges nothing. @throws the error */
export function giveBack(entry: Entry, error: unknown): never {
  entry.settle(unsent)
  throw error
}

function sendReserved(
  exchange: Required<Exchange>,
  turn: Turn,
  { sending, tenant }: { sending: Sending; tenant: Tenant },
): Promise<Outcome> {
  sending.tenant = tenant
  const reserved = sending as Reserved
  try {
    if (exchange.send !== undefined) return exchange.send(exchange, turn, reserved)
    return prepareAndSend(exchange, turn, reserved)
  } catch (error) {
    return giveBack(reserved.entry, error)
  }
}

/** While the key rests: the remembered failure, with what is left of the waiting time, as the answer without trying. */
function restingOutcome(
  key: string,
  { caller, model }: Required<Exchange>,
  { turn, gateway }: { turn: Turn; gateway: Gateway },
): Outcome | undefined {
  const rest = gateway.health.resting(key, model)
  if (rest === undefined) return undefined
  // A test in the settings that found the key to work ends its rest.
  const proved = caller.tenant.proved?.get(turn.attempt.key?.id ?? '')
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

/** What an attempt gathers until it is sent. */
export interface Sending {
  gateway: Gateway
  /** The key and version under which its health is known. */
  key: string
  pilotDone: (() => void) | undefined
  entry: Entry | undefined
  /** The newest snapshot. */
  tenant: Tenant | undefined
  /** The token made from a key that is a document. */
  prepared: PreparedSecret | undefined
}

/** An attempt with its entry in the ledger. Whoever sends it settles the entry, unless it throws before anything is sent. */
export interface Reserved extends Sending {
  entry: Entry
  tenant: Tenant
}

/** Sends a reserved attempt. @throws only before anything is sent; the entry is then settled by the caller */
export type AttemptSender = (exchange: Required<Exchange>, turn: Turn, reserved: Reserved) => Promise<Outcome>

/** Fetches a token first where the key is a document. If that fails, so has the attempt, and nothing was sent. */
function prepareAndSend(exchange: Required<Exchange>, turn: Turn, reserved: Reserved): Promise<Outcome> {
  const { provider, setup } = exchange
  const { gateway, tenant } = reserved
  const asked = prepareSecret({ attempt: turn.attempt, provider, setup, tenant }, gateway)
  if (asked === undefined) return sendWith(exchange, turn, reserved)
  const sendPrepared = async (prepared: PreparedSecret | Unprepared) => {
    if ('failure' in prepared) return endUnprepared(exchange, turn, { ...reserved, outcome: prepared })
    reserved.prepared = prepared
    try {
      reserved.tenant = await confirmRight(exchange, turn.attempt, gateway)
      return sendWith(exchange, turn, reserved)
    } catch (error) {
      return giveBack(reserved.entry, error)
    }
  }
  return asked.then(sendPrepared, (error) => giveBack(reserved.entry, error))
}

function endUnprepared(
  exchange: Required<Exchange>,
  turn: Turn,
  { gateway, key, pilotDone, entry, outcome }: Reserved & { outcome: Outcome },
): Outcome {
  pilotDone?.()
  report(exchange, turn, outcome.failure, gateway)
  entry.settle(entryEnd(outcome, exchange))
  remember(key, exchange.model, outcome, gateway)
  return outcome
}

function sendWith(exchange: Required<Exchange>, turn: Turn, reserved: Reserved): Promise<Outcome> {
  const { attempt } = turn
  const { gateway, tenant, prepared } = reserved
  const { provider, setup, upstream } = exchange
  const path = upstream?.path ?? upstreamPath(exchange)
  const counted = upstream === undefined ? askForCountsOf(exchange, attempt) : undefined
  const rewritten = upstream ?? counted
  const rawHeaders = rewritten?.headers ?? askedHeaders(exchange)
  const opened = openAttempt({ attempt, provider, tenant, setup, rawHeaders, path, prepared }, gateway.deps)
  const translation = rewritten === undefined ? tellAddressesOf(exchange, opened) : rewritten.answer
  const call = new UpstreamCall(new AttemptUnderWay(exchange, turn, { reserved, opened, translation }))
  exchange.call = call
  gateway.deps.ledger.beforeSending(() => {
    if (exchange.callerGone) call.abort()
    else sendNow(exchange, turn, { gateway, call, opened, body: rewritten?.body })
  })
  return call.outcome
}

function sendNow(
  { req, body, startedAt, caller }: Required<Exchange>,
  { index, next }: Turn,
  sent: { gateway: Gateway; call: UpstreamCall; opened: OpenedAttempt; body: Buffer | undefined },
): void {
  const { gateway, call, opened } = sent
  if (index === 0) gateway.deps.measure?.added(performance.now() - startedAt)
  const sentBody = sent.body ?? body.open(next !== undefined)
  // The caller's Content-Length is kept: some providers refuse an upload without one.
  if (sentBody === body.streamed && body.declaredLength !== undefined)
    opened.headers.push('content-length', String(body.declaredLength))
  const { origin, guarded, path, headers } = opened
  const method = req.method as string
  const owner = caller.tenant.org
  call.hangUp = gateway.egress.send({ origin, guarded, method, path, headers, body: sentBody, owner }, call)
}
