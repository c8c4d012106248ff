import type { Usage } from './usage-reading.ts'

/** One way in which a WebSocket client may present the credential. */
export interface SocketCredential {
  in: 'header' | 'subprotocol' | 'query' | 'first_message'
  /** Header name (lower case), query parameter or JSON field of the first message; absent for subprotocols. */
  name?: string
  /** Written before the secret: `Bearer `, or a subprotocol's beginning such as `openai-insecure-api-key.`. */
  prefix?: string
  /** Subprotocol entries that stand before the one with the secret: `realtime`, `token`. */
  before?: readonly string[]
}

/** How counts stand in the JSON messages of a socket. */
export interface SocketUsage {
  /** A provider's message that contains none of these is not looked into. */
  markers: readonly string[]
  /** What one message (parsed) tells; undefined: nothing. */
  read?(message: unknown): Usage | undefined
  /** `each`: messages tell counts of their own, which add up; `last`: each tells those of the session so far. */
  counts: 'each' | 'last'
  /** `Usage.terms` of every session. */
  terms?: readonly string[]
  /** The characters that are billed for one message of the caller (parsed), where they are. */
  characters?(message: unknown): number | undefined
}

/** One WebSocket route. */
export interface SocketRoute {
  /** Against the path behind `/{provider}`, without query. */
  path: RegExp
  /** Used towards the provider. */
  upstream: SocketCredential
  /** All the places where the provider's own clients put it, to be taken out of the caller's handshake. */
  accepts: readonly SocketCredential[]
  /** Where the first message names the model: `['setup', 'model']`. Absent: no message does. */
  firstModel?: readonly string[]
  /** How counts stand in the messages; absent: they tell none. */
  usage?: SocketUsage
  /** `https://host` of the socket where it is not the provider's HTTP origin, and the same by region. */
  origin?: string
  regions?: Readonly<Record<string, string>>
}
