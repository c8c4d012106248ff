import type { Entry } from '../metering/index.ts'
import type { Attempt } from '../policy/index.ts'
import type { PreparedSecret } from '../providers/index.ts'
import type { Tenant } from '../tenants/index.ts'
import { entryEnd, entryStart, standingOf } from './attempt-entry.ts'
import { remember, report } from './attempt-lessons.ts'
import { AttemptUnderWay } from './attempt-under-way.ts'
import { confirmRight } from './confirm-right.ts'
import { askForCountsOf } from './counts-opt-in.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { Resting } from './key-health.ts'
import { type OpenedAttempt, openAttempt } from './open-attempt.ts'
import type { Outcome } from './outcome.ts'
import { prepareSecret } from './prepare-secret.ts'
import type { Try } from './turn.ts'
import { UpstreamCall } from './upstream-call.ts'
import { upstreamPath } from './upstream-path.ts'

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
  const { deps } = sending.gateway
  const entry = deps.ledger.reserve(start, standingOf(exchange, attempted.attempt, deps))
  return entry instanceof Promise
    ? entry.then((reserved) => openAndSend(exchange, attempted, reserved, sending))
    : openAndSend(exchange, attempted, entry, sending)
}

/** Opens the key as late as possible, from the newest snapshot. */
function openAndSend(exchange: Required<Exchange>, attempted: Try, entry: Entry, sending: Sending): Promise<Outcome> {
  sending.entry = entry
  let tenant: Tenant | Promise<Tenant>
  try {
    tenant = confirmRight(exchange, attempted.attempt, sending.gateway)
  } catch (error) {
    return giveBack(entry, error)
  }
  if (!(tenant instanceof Promise)) return sendReserved(exchange, attempted, { sending, tenant })
  return tenant.then(
    (newest) => sendReserved(exchange, attempted, { sending, tenant: newest }),
    (error) => giveBack(entry, error),
  )
}

/** An entry whose attempt could not be made charges nothing. @throws the error */
export function giveBack(entry: Entry, error: unknown): never {
  entry.settle({ durationMs: 0, charged: false })
  throw error
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
    return giveBack(reserved.entry, error)
  }
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
  return asked.then(async (prepared) => {
    if ('failure' in prepared) return endUnprepared(exchange, attempted, { ...reserved, outcome: prepared })
    reserved.prepared = prepared
    try {
      reserved.tenant = await confirmRight(exchange, attempted.attempt, gateway)
      return sendWith(exchange, attempted, reserved)
    } catch (error) {
      return giveBack(reserved.entry, error)
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
