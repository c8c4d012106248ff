import type { TenantFacts } from '../policy/index.ts'
import type { SealedKey } from '../vault/index.ts'

/** An organization as one node knows it: what policy sees, and the sealed keys that the gateway opens. */
export interface Tenant extends TenantFacts {
  epoch: number
  /** When the reading began that `spent` comes from: monotonic milliseconds of this process. */
  spentAsOf: number
  locale?: string | undefined
  /** Key id → when a test last found it to work, in milliseconds since 1970; nothing for other keys. */
  proved?: ReadonlyMap<string, number> | undefined
  /** By key id. */
  sealed: ReadonlyMap<string, SealedKey>
}

/** Who calls the gateway: read from the token, completed by the request's headers. */
export interface TokenFacts {
  id: string
  kind: 'service' | 'access'
  org?: string | undefined
  user?: string | undefined
  feature?: string | undefined
  environment?: string | undefined
  /** Milliseconds since 1970; absent: does not expire. */
  expiresAt?: number | undefined
}

/** Snapshots of tenants and tokens. Warm look-ups answer at once; nothing older than 5 s is ever given out. */
export interface Tenants {
  /** Undefined: no such organization. A value, not a promise, when the snapshot is warm. */
  get(org: string): Tenant | undefined | Promise<Tenant | undefined>
  /** Undefined: unknown, expired or revoked. */
  token(token: string): TokenFacts | undefined | Promise<TokenFacts | undefined>
  /** Forgets at once, here; other nodes are told by the database. */
  forget(org: string): void
  forgetToken(id: string): void
  /** Of an organization that is deleted: itself and its tokens, which must not open one that is made anew under its id. */
  forgetDeleted(org: string): void
}
