import { Secret } from '../../crypto/index.ts'
import type { Failure, PreparedSecret } from '../../providers/index.ts'
import type { TokenFacts } from '../../tenants/index.ts'
import { keyAccepted, remember, report } from '../attempt/attempt-lessons.ts'
import type { Outcome } from '../attempt/outcome.ts'
import { prepareSecret, type Unprepared } from '../attempt/prepare-secret.ts'
import { giveBack, type Reserved } from '../attempt/try-attempt.ts'
import type { Turn } from '../attempt/turn.ts'
import { upstreamPath } from '../attempt/upstream-path.ts'
import { confirmRight } from '../decision/confirm-right.ts'
import { describeNetworkError, lacksRoom } from '../egress/network-error.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
import { describeRequest } from '../request/describe-request.ts'
import type { CallerSocket } from './caller-socket.ts'
import { checkModel, noteModel } from './check-model.ts'
import { type Dialled, dialProvider, type Refused } from './dial-provider.ts'
import type { FirstMessageRules, Message } from './first-message.ts'
import { KeyLesson } from './key-lesson.ts'
import { type OpenedSocket, openSocketAttempt } from './open-socket-attempt.ts'
import { type Answered, readRefusal } from './read-refusal.ts'
import { isRuled, type Upgrade } from './read-upgrade.ts'
import { Session } from './session.ts'
import { SessionUsage } from './session-usage.ts'
import type { Right } from './sessions.ts'
import { settleSession } from './settle-session.ts'
import { answerOffer } from './subprotocols.ts'

/** Messages that came before the provider was asked. */
export interface Held {
  messages: readonly Message[]
  /** Stops keeping further ones. */
  release(): void
}

export interface Opening {
  exchange: Required<Exchange>
  turn: Turn
  reserved: Reserved
  upgrade: Upgrade
  caller: CallerSocket
  /** Present when the caller's upgrade was answered before the provider was asked. */
  held: Held | undefined
  /** The caller left. */
  signal: AbortSignal
  /** Called when both sides are connected. */
  onRunning(): void
  /** Called when a session that ran is over. */
  onOver(): void
}

/**
 * One attempt at a socket: the provider's side is opened, and only then the caller's. Resolves when the session runs or the
 * provider has refused.
 * @throws at once what `openSocketAttempt` throws
 */
export function openSession(opening: Opening): Promise<Outcome> {
  const { exchange, turn, reserved } = opening
  const { provider, setup } = exchange
  const { gateway, tenant, entry } = reserved
  const asked = prepareSecret({ attempt: turn.attempt, provider, setup, tenant }, gateway)
  if (asked === undefined) return dialAndBegin(opening, openFor(opening, undefined))
  const openPrepared = async (prepared: PreparedSecret | Unprepared) => {
    if ('failure' in prepared) return endRefused(opening, prepared)
    let opened: OpenedSocket
    try {
      reserved.tenant = await confirmRight(exchange, turn.attempt, gateway)
      opened = openFor(opening, prepared)
    } catch (error) {
      return giveBack(entry, error)
    }
    return dialAndBegin(opening, opened)
  }
  return asked.then(openPrepared, (error) => giveBack(entry, error))
}

function openFor({ exchange, turn, reserved, upgrade }: Opening, prepared: PreparedSecret | undefined): OpenedSocket {
  const { provider, setup, req } = exchange
  const { attempt } = turn
  return openSocketAttempt(
    {
      attempt,
      provider,
      tenant: reserved.tenant,
      setup,
      route: upgrade.route,
      offer: upgrade.offer,
      rawHeaders: req.rawHeaders,
      path: upstreamPath(exchange),
      prepared,
    },
    reserved.gateway.deps,
  )
}

async function dialAndBegin(opening: Opening, opened: OpenedSocket): Promise<Outcome> {
  const { exchange, signal, reserved } = opening
  const { gateway } = reserved
  const startedAt = performance.now()
  const { maxMessageBytes, handshakeTimeoutSeconds } = exchange.setup.config.gateway.realtime
  let answer: Dialled | Refused | Error
  try {
    await new Promise<void>((resolve) => gateway.deps.ledger.beforeSending(resolve))
    signal.throwIfAborted()
    const connect = gateway.egress.connector(opened.guarded)
    answer = await dialProvider({ opened, connect, maxMessageBytes, timeoutMs: handshakeTimeoutSeconds * 1000, signal })
  } catch (error) {
    answer = error instanceof Error ? error : new Error('the handshake failed')
  }
  const durationMs = performance.now() - startedAt
  if (exchange.callerGone) return callerLeft(opening, { answer, durationMs })
  if (answer instanceof Error && lacksRoom(answer)) return giveBack(reserved.entry, describeNetworkError(answer))
  if (answer instanceof Error || !('websocket' in answer)) return refused(opening, { answer, opened, durationMs })
  return begin(opening, { dialled: answer, opened, durationMs })
}

/** Nobody waits for the answer any more; nothing is charged, and nothing is learned of the key. */
function callerLeft(
  { reserved, exchange }: Opening,
  { answer, durationMs }: { answer: Dialled | Refused | Error; durationMs: number },
): Outcome {
  exchange.callerGone = true
  if ('websocket' in answer) answer.websocket.terminate()
  reserved.entry.settle({ durationMs: Math.round(durationMs), charged: false })
  return { relayed: false, cut: 'caller', durationMs, bytes: 0 }
}

function refused(opening: Opening, answered: Answered): Outcome {
  return endRefused(opening, readRefusal(opening.exchange, answered, opening.reserved.gateway))
}

/** The attempt has failed before there was a session. */
function endRefused({ exchange, turn, reserved }: Opening, outcome: Outcome): Outcome {
  const { gateway, key, entry, pilotDone } = reserved
  const failure = outcome.failure as Failure
  if (keyAccepted.has(failure.class)) gateway.health.accepted(key)
  remember(key, exchange.model, outcome, gateway)
  pilotDone?.()
  report(exchange, turn, failure, gateway)
  const durationMs = Math.round(outcome.durationMs)
  entry.settle({ status: outcome.status, errorClass: failure.class, durationMs, charged: false })
  return outcome
}

interface Begun {
  dialled: Dialled
  opened: OpenedSocket
  durationMs: number
}

async function begin(opening: Opening, begun: Begun): Promise<Outcome> {
  const { exchange, turn, reserved, upgrade, caller } = opening
  const { gateway, pilotDone } = reserved
  const { dialled, opened, durationMs } = begun
  // The key is not yet proved: some vendors upgrade anybody and check the key afterwards. The session's messages will show it.
  pilotDone?.()
  const right = await rightOf(opening, opened)
  try {
    if (exchange.callerGone) return callerLeft(opening, { answer: dialled, durationMs })
    caller.websocket ??= caller.accept({
      protocol: answerOffer(upgrade.offer, dialled.protocol),
      headers: [
        ...opened.redactor.cleanHeaders(answerHeaders(dialled, exchange, gateway)),
        ...gateway.ownHeaders(exchange, turn.attempt, undefined),
      ],
      maxMessageBytes: exchange.setup.config.gateway.realtime.maxMessageBytes,
    })
  } catch {
    return callerLeft(opening, { answer: dialled, durationMs })
  }
  startSession(opening, begun, right)
  return { relayed: true, status: 101, durationMs, bytes: 0 }
}

function answerHeaders({ rawHeaders }: Dialled, { provider }: Required<Exchange>, gateway: Gateway): string[] {
  const filter = gateway.filterOf(provider)
  const passed: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = filter.passes(rawHeaders[i] as string)
    if (name !== '' && !name.startsWith('content-')) passed.push(name, rawHeaders[i + 1] as string)
  }
  return passed
}

async function rightOf({ exchange, turn, reserved }: Opening, opened: OpenedSocket): Promise<Omit<Right, 'bill'>> {
  const { head, caller } = exchange
  let facts: TokenFacts | undefined
  try {
    facts = await reserved.gateway.deps.tenants.token(head.token)
  } catch {
    // Left to the session's first regular check.
  }
  return {
    org: caller.tenant.org,
    token: new Secret(head.token),
    tokenExpiresAt: facts?.expiresAt,
    attempt: turn.attempt,
    secret: opened.secret,
    request: describeRequest(exchange),
    model: () => exchange.model,
  }
}

function startSession(opening: Opening, { dialled, opened, durationMs }: Begun, right: Omit<Right, 'bill'>): void {
  const { exchange, reserved, upgrade, caller, held, onRunning, onOver } = opening
  const { sessions } = reserved.gateway
  const { provider } = exchange
  const lesson = new KeyLesson(opening)
  const usage = new SessionUsage(provider, upgrade.route.usage, (failure) => lesson.learn(failure))
  usage.onCounted = (counted) => reserved.entry.soFar(counted, exchange.model)
  const first = firstRules(opening, opened)
  held?.release()
  const session: Session = new Session({
    caller: caller.websocket as NonNullable<CallerSocket['websocket']>,
    callerSocket: caller.socket,
    provider: dialled.websocket,
    redactor: opened.redactor,
    usage,
    first,
    waiting: held?.messages ?? [],
    onEnd: (end) => {
      sessions.delete(session)
      onOver()
      settleSession(opening, { end, usage, lesson, handshakeMs: durationMs })
    },
  })
  const soFar = () => usage.counts(exchange.surface, session.durationMs).usage
  sessions.add(session, { ...right, bill: { entry: reserved.entry, soFar } })
  onRunning()
}

function firstRules({ exchange, turn, upgrade, reserved }: Opening, { secret }: OpenedSocket): FirstMessageRules {
  const { credentialField: field, route } = upgrade
  const credential = field === undefined ? undefined : { field, secret }
  const path = route.firstModel
  if (path === undefined) return { credential }
  if (!isRuled(exchange, exchange.provider)) return { credential, noted: { path, note: noteModel(exchange) } }
  return {
    credential,
    model: { path, check: (model) => checkModel({ exchange, attempt: turn.attempt, model }, reserved.gateway) },
  }
}
