import type { Config } from '../config/index.ts'
import type { ErrorClass, KeySource } from '../contract/index.ts'
import type { Secret } from '../crypto/index.ts'
import type { JobCounter, Ledger } from '../metering/index.ts'
import type { Policy } from '../policy/index.ts'
import type { Failure, Provider } from '../providers/index.ts'
import type { Tenants } from '../tenants/index.ts'
import type { SealedKey } from '../vault/index.ts'
import type { AddressPasses } from './request/address-passes.ts'

/** One version of the configuration, as the gateway uses it. A reload gives another object. */
export interface GatewaySetup {
  config: Config
  policy: Policy
  /** A catalogue entry by its id. */
  provider(id: string): Provider | undefined
  platformKey(provider: string): Secret | undefined
}

/** What the gateway is told of each attempt, for notices and for what is known of a key. Never a secret or a body. */
export interface AttemptReport {
  org: string
  feature?: string | undefined
  provider: string
  source: KeySource
  key?: { id: string; version: number } | undefined
  surface: string
  /** Absent: the provider served. */
  failure?: Failure | undefined
  /** The failure's class when the next attempt is made because of it. */
  fallback?: ErrorClass | undefined
}

/** Numbers for those who watch the gateway. */
export interface GatewayMeasures {
  /** Milliseconds from a request's head to the moment its first attempt is sent. */
  added(ms: number): void
  /** A request ended with an error of Ownkey's own. */
  refused(code: string): void
}

/** Everything that the request path needs, given once. */
export interface GatewayDeps {
  tenants: Tenants
  ledger: Ledger
  jobs: Pick<JobCounter, 'settle'>
  setup(): GatewaySetup
  /** Opens one sealed key. @throws key_unreadable */
  openKey(sealed: SealedKey): Secret
  passes: AddressPasses
  /** The origin that plays a provider; absent: the server runs without sandbox. */
  sandbox?: { origin(provider: string): string } | undefined
  report?(report: AttemptReport): void
  measure?: GatewayMeasures | undefined
  log: { error(fields: Record<string, unknown>, message: string): void }
  now?: () => number
}
