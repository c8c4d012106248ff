import type { Config } from '../config/index.ts'
import type { ConfigInForce, Role } from '../contract/index.ts'
import type { Keyring, Secret } from '../crypto/index.ts'
import type { Clock } from '../lib/index.ts'
import type { Policy } from '../policy/index.ts'
import type { Failure, Probe, Provider, ProviderAnswer } from '../providers/index.ts'
import type { Database } from '../store/index.ts'
import type { PlanLimits, Tenants } from '../tenants/index.ts'

/** One version of the configuration, as the control API needs it. */
export interface InForce {
  config: Config
  policy: Policy
  /** The catalogue with the configuration's own providers added. */
  providers: readonly Provider[]
  /** Sentences on what the operator should look at. */
  warnings: readonly string[]
  /** The same, in the same order, as codes with facts. */
  warned: ConfigInForce['warned']
  /** What the plans limit. */
  limits: PlanLimits
}

/** One probe on its way to a provider. Whoever sends it places the credential, and never follows a redirect. */
export interface ProbeRequest {
  provider: Provider
  /** `https://host[:port]` */
  origin: string
  /** The path before the provider's own paths; empty or `/…`. */
  basePath: string
  /** A customer named this host: its address is checked inside the connection. */
  guarded: boolean
  secret: Secret
  method: Probe['method']
  path: string
  headers: Readonly<Record<string, string>>
  /** JSON; undefined: none. */
  body: unknown
  timeoutMs: number
}

/**
 * The one way to a provider (sandbox keys included, which never leave the process). Answers whatever the status.
 * @throws OwnkeyError `upstream_unreachable`, `upstream_timeout` or `host_not_allowed`
 */
export type SendProbe = (request: ProbeRequest) => Promise<ProviderAnswer | UnsentProbe>

/** No credential could be made of the key, so that nothing was sent to the provider itself. */
export interface UnsentProbe {
  failure: Failure
}

/** A call of our own gateway, as a product would make it: for "Try it". */
export type CallGateway = (request: {
  path: string
  headers: Readonly<Record<string, string>>
  body: unknown
}) => Promise<{ status: number; headers: Readonly<Record<string, string | undefined>>; body: unknown }>

export interface ControlLog {
  info(event: string, fields?: { route?: unknown; error?: unknown; org?: unknown; provider?: unknown }): void
  error(event: string, fields?: { route?: unknown; error?: unknown; org?: unknown; provider?: unknown }): void
}

/** What the composition root gives. */
export interface ControlOptions {
  database: Database
  keyring: Keyring
  tenants: Tenants
  /** Asked on every request, so that a reloaded configuration holds at once. */
  inForce(): InForce
  send: SendProbe
  callGateway: CallGateway
  /** The origin of a customer's base URL. @throws OwnkeyError `host_not_allowed` */
  checkHost(baseUrl: string): string
  adminToken: Secret
  clock: Clock
  log: ControlLog
  /**
   * Resolves when what this process has seen of an organization's requests is in the database, so that whoever reads after a
   * request finds it; soon in any case.
   */
  catchUp(org: string | undefined): Promise<void>
  /** Sandbox keys are accepted. */
  sandbox: boolean
  /** Scheme and host for links where the request does not tell; asked each time, because a port may be known late only. */
  publicUrl(): string
  version: string
}

export interface ControlDeps extends ControlOptions {
  managersOf(org: string): Promise<readonly Role[]>
}
