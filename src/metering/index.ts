/**
 * The books. Every attempt at a provider is an entry: reserved while the provider works, settled once by its id, released
 * when nothing is charged. Entries, balances, quotas and totals are written together, many in one statement, beside the
 * request's path; only near a limit does a request wait for its reservation. Usage is read from the passing bytes.
 */
export type { Cost } from './cost-of.ts'
export { createJobCounter, type JobAnswer, type JobCounter } from './count-jobs-once.ts'
export { createLedger, type LedgerOptions, type LedgerTrouble, type LiveLedger } from './create-ledger.ts'
export { DeliveredText, estimateAsked } from './delivered-text.ts'
export { expectSession, expectUsage } from './expected-usage.ts'
export { hasCounts, partsOf, usageOf } from './job-parts.ts'
export { JobScanner, type JobTold } from './job-scanner.ts'
export type { Entry, EntryEnd, EntryStart, Ledger, Standing } from './ledger.ts'
export type { PriceRow } from './price-list.ts'
export { createPrices, type PriceOverrides, type PriceUsage, type Sale } from './prices.ts'
export { createUsageScanner, type UsageScanner } from './usage-scanner.ts'
