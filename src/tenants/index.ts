/**
 * Tenants: what a node knows of organizations and tokens. A snapshot holds everything that a decision can depend on and
 * the sealed keys (never an open one); it is read in one round, kept, checked in the background, and never given out
 * when it was not known to be true within the last five seconds.
 */
export { createTenants, type LiveTenants, periodsAt, type TenantsOptions } from './create-tenants.ts'
export { balanceOf, grantDueAllowance, type PlanLimits } from './plan-limits.ts'
export type { Tenant, Tenants, TokenFacts } from './tenant.ts'
export { hashToken, looksLikeToken, newToken, type TokenKind, tokenHint } from './token-format.ts'
