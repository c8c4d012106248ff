import { isIP, type LookupFunction, connect as openTcp, type Socket } from 'node:net'
import { connect as openTls } from 'node:tls'
import { WireError } from './wire-error.ts'

/** Where a socket goes. */
export interface SocketTarget {
  protocol: string
  /** Name or address, an IPv6 address without its brackets. */
  hostname: string
  /** As the `host` header says it. */
  host: string
  /** '' stands for the protocol's own. */
  port: string
}

/** @param origin `https://host[:port]` */
export function socketTarget(origin: string): SocketTarget {
  const { host, hostname, protocol, port } = new URL(origin)
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), host, port }
}

/**
 * Makes a connection to a target and hands it over when it stands, with TLS where the protocol asks for it.
 * @returns the socket that is being connected, to give it up; nothing where the target is refused
 */
export type Connector = (
  target: SocketTarget,
  done: (error: Error | null, socket: Socket | undefined) => void,
) => Socket | undefined

const probeIdleAfterMs = 60_000
const mostSessions = 200

export interface ConnectorOptions {
  /** Until the connection stands, TLS included. */
  timeoutMs: number
  /** Resolves the target's name; default: the system's resolver. */
  lookup?: LookupFunction | undefined
  /** Who may sign certificates, in PEM; default: those that Node trusts. */
  ca?: string | undefined
}

export function createConnector({ timeoutMs, lookup, ca }: ConnectorOptions): Connector {
  /** TLS sessions by host, so that the next connection there needs half a handshake. */
  const sessions = new Map<string, Buffer>()
  return ({ protocol, hostname, host, port }, done) => {
    const isTls = protocol === 'https:'
    const place = { host: hostname, port: Number(port) || (isTls ? 443 : 80), lookup }
    const servername = isIP(hostname) === 0 ? hostname : ''
    const session = sessions.get(host)
    const socket = isTls ? openTls({ ...place, servername, ca, session, ALPNProtocols: ['http/1.1'] }) : openTcp(place)
    socket.setNoDelay(true).setKeepAlive(true, probeIdleAfterMs)
    const timer = setTimeout(
      () => socket.destroy(new WireError('connect_timeout', 'no connection came to stand')),
      timeoutMs,
    )
    let told = false
    const tell = (error: Error | null) => {
      clearTimeout(timer)
      if (told) return
      told = true
      done(error, error === null ? socket : undefined)
    }
    socket.once(isTls ? 'secureConnect' : 'connect', () => tell(null))
    socket
      .on('error', tell)
      .once('close', () => tell(new WireError('connection_closed', 'the connection was given up')))
    if (isTls) socket.on('session', (made: Buffer) => remember(sessions, host, made))
    return socket
  }
}

function remember(sessions: Map<string, Buffer>, host: string, session: Buffer): void {
  if (sessions.size >= mostSessions && !sessions.has(host)) sessions.clear()
  sessions.set(host, session)
}
