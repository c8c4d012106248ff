import { isIP, type LookupFunction, type OnReadOpts, connect as openTcp, type Socket } from 'node:net'
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

/** A connection that is wanted. */
export interface SocketWish extends SocketTarget {
  /**
   * Called with everything that is received, in memory that is used again when it returns. To receive no more for now, pause the
   * socket. Absent: the socket is read as a stream.
   */
  hear?: ((bytes: Buffer) => void) | undefined
}

/**
 * Connects to a target, with TLS where the protocol asks for it, and hands the socket over when it is connected.
 * @returns the socket while it is still connecting, so that it can be destroyed; undefined if the target is refused
 */
export type Connector = (
  wish: SocketWish,
  done: (error: Error | null, socket: Socket | undefined) => void,
) => Socket | undefined

const probeIdleAfterMs = 60_000
const mostSessions = 200
/** The size of a TLS record. */
const bytesInOneRead = 16 * 1024

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
  return ({ protocol, hostname, host, port, hear }, done) => {
    const isTls = protocol === 'https:'
    const onread = hear === undefined ? undefined : intoOnePlace(hear)
    const place = { host: hostname, port: Number(port) || (isTls ? 443 : 80), lookup, onread }
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

/** One buffer for everything that is read from a socket; by default Node allocates 64 KB for each read. */
function intoOnePlace(hear: (bytes: Buffer) => void): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(bytesInOneRead)
  return {
    buffer,
    callback(length) {
      hear(buffer.subarray(0, length))
      return true
    },
  }
}

function remember(sessions: Map<string, Buffer>, host: string, session: Buffer): void {
  if (sessions.size >= mostSessions && !sessions.has(host)) sessions.clear()
  sessions.set(host, session)
}
