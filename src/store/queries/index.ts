/**
 * Queries, one file a table (or few that belong together). A query is a function that takes a Queryable, so that it runs
 * alone or inside a transaction, and gives typed rows. No rules here: only SQL.
 */
export * from './allowances.ts'
export * from './as-number.ts'
export * from './audit.ts'
export * from './counted-jobs.ts'
export * from './deletions.ts'
export * from './deployment.ts'
export type { EndedEntry, EntryBatch, OpenedEntry, OverdrawnRow } from './entries.ts'
export { writeEntries } from './entries.ts'
export * from './key-secrets.ts'
export * from './ledger-nodes.ts'
export * from './notices.ts'
export * from './organization-data.ts'
export * from './organizations.ts'
export * from './provider-keys.ts'
export { noteRepeat, settleRepeats, writeBooks } from './repeats.ts'
export * from './reservations.ts'
export * from './tenants.ts'
export * from './usage.ts'
export * from './webhooks.ts'
export * from './withdrawals.ts'
