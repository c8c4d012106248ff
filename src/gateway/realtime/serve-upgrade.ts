import { ServerResponse } from 'node:http'
import { OwnkeyError, responseHeaders } from '../../contract/index.ts'
import { endWithError } from '../end-with-error.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
import type { OrgPlace } from '../org-places.ts'
import { identifyCaller } from '../request/caller.ts'
import { decideAndTry, newExchange, readBody } from '../serve.ts'
import { type Arrival, CallerSocket } from './caller-socket.ts'
import { type Message, textField } from './first-message.ts'
import { type Held, openSession } from './open-session.ts'
import { readUpgrade, type Upgrade } from './read-upgrade.ts'
import { answerOffer } from './subprotocols.ts'

/** From handshake to session: one WebSocket on a provider's own API. */
export async function serveUpgrade(arrival: Arrival, gateway: Gateway): Promise<void> {
  const exchange = newExchange(arrival.req, new ServerResponse(arrival.req), gateway)
  const leaving = new AbortController()
  const caller = new CallerSocket(arrival, () => {
    exchange.abandon()
    leaving.abort()
  })
  exchange.refuse = (answer) => caller.refuse(answer)
  let place: OrgPlace | undefined
  let runs = false
  try {
    const upgrade = readUpgrade(exchange, arrival.req)
    const held = await readToken({ exchange, upgrade, caller, gateway })
    const found = identifyCaller(exchange, gateway.deps.tenants)
    exchange.caller = found instanceof Promise ? await found : found
    readBody(exchange, gateway)
    const taken = gateway.sessions.takePlace(exchange.caller.tenant.org)
    place = taken
    const onOver = () => taken.release()
    const onRunning = () => {
      runs = true
    }
    const { signal } = leaving
    exchange.send = (tried, turn, reserved) =>
      openSession({ exchange: tried, turn, reserved, upgrade, caller, held, signal, onRunning, onOver })
    await decideAndTry(exchange as Required<Exchange>, gateway)
  } catch (error) {
    endWithError(exchange, error, gateway)
  } finally {
    if (!runs) place?.release()
  }
}

interface Handshake {
  exchange: Exchange
  upgrade: Upgrade
  caller: CallerSocket
  gateway: Gateway
}

/**
 * Reads the head with its token. Where the route's clients may send the credential as a message and the handshake has none,
 * the upgrade is answered first, and the token is the first message's.
 * @returns the messages that came meanwhile, if the upgrade is answered already
 */
async function readToken({ exchange, upgrade, caller, gateway }: Handshake): Promise<Held | undefined> {
  try {
    upgrade.readHead()
    return undefined
  } catch (error) {
    const { credentialField } = upgrade
    const isMissing = error instanceof OwnkeyError && error.code === 'token_missing'
    if (!isMissing || credentialField === undefined) throw error
    const held = await firstMessages(exchange, { upgrade, caller, gateway })
    upgrade.readHead(textField(held.messages[0] as Message, credentialField))
    return held
  }
}

/** Answers the handshake and waits for a message. More than one may come at once; the rest waits in the caller's socket. */
function firstMessages(exchange: Exchange, { upgrade, caller, gateway }: Omit<Handshake, 'exchange'>): Promise<Held> {
  const { maxMessageBytes, handshakeTimeoutSeconds } = gateway.deps.setup().config.gateway.realtime
  const websocket = caller.accept({
    protocol: answerOffer(upgrade.offer, undefined),
    headers: [responseHeaders.requestId, exchange.requestId],
    maxMessageBytes,
  })
  return new Promise((resolve, reject) => {
    const messages: Message[] = []
    const keep = (data: Buffer, isBinary: boolean) => {
      clearTimeout(timer)
      messages.push({ data, isBinary })
      websocket.pause()
      resolve({ messages, release: () => websocket.off('message', keep) })
    }
    const late = () => reject(new OwnkeyError('token_missing', { detail: 'No first message with a token came.' }))
    const timer = setTimeout(late, handshakeTimeoutSeconds * 1000)
    websocket.on('message', keep).once('close', () => {
      clearTimeout(timer)
      reject(new Error('the caller is gone'))
    })
  })
}
