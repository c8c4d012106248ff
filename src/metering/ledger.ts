import type { ErrorClass, KeySource, OwnkeyError } from '../contract/index.ts'
import type { CapStanding } from '../policy/index.ts'
import type { Usage } from '../providers/index.ts'

/** What is known of an attempt when it is sent. */
export interface EntryStart {
  requestId: string
  /** Whatever is the same object for all entries that differ in request id, number, model and times only. */
  kind?: object | undefined
  /** The caller chose the request id (`Ownkey-Request-Id`): a repeat within 24 hours is charged once. */
  namedByCaller?: boolean | undefined
  /** What a repeat has in common with it besides the request id, as a short plain text; absent: nothing more. */
  sameRequest?: string | undefined
  attempt: number
  org: string
  user?: string | undefined
  feature?: string | undefined
  environment: string
  provider: string
  model?: string | undefined
  surface: string
  source: KeySource
  key?: { id: string; version: number } | undefined
  host: string
  region?: string | undefined
  credits: number
  meter?: string | undefined
  /** The meter's period; default `month`. */
  meterPer?: 'day' | 'month' | undefined
  /** What the meter counts; default `successes`. */
  meterCounts?: 'successes' | 'attempts' | undefined
  /** The class that made the attempt before this one fail. */
  fallbackClass?: ErrorClass | undefined
  /** Wall time, milliseconds. */
  startedAt: number
}

/** How an attempt ended. */
export interface EntryEnd {
  status?: number | undefined
  errorClass?: ErrorClass | undefined
  usage?: Usage | undefined
  /** Nothing is billed for it: it costs 0, which is not the same as a price that nobody knows. */
  isFree?: boolean | undefined
  /** The model that the provider says it used. */
  model?: string | undefined
  /** True when the counts are ours, not the provider's. */
  estimated?: boolean
  firstByteMs?: number | undefined
  durationMs: number
  /** False: nothing is charged (refused, failed before the answer). */
  charged: boolean
}

export interface Entry {
  id: string
  /** Of a session, while it runs: what it has counted so far, and of which model. */
  soFar(usage: Usage, model: string | undefined): void
  /** Of a session, while it runs: the refusal of one that would begin now, where a spend cap that counts it is reached. */
  capReached(standing: Pick<Standing, 'caps' | 'spentAsOf'>): OwnkeyError | undefined
  /** The line that `settle` would write: for who writes it in one transaction with something else, and settles then. */
  ending(end: EntryEnd): string
  /** Once; later calls do nothing. */
  settle(end: EntryEnd): void
}

/** What an organization has left, as its snapshot says. */
export interface Standing {
  balance: number
  /** Of the attempt's meter; absent where it has none, or none that is limited. */
  quota?: { limit: number; used: number } | undefined
  /** The spend caps that count the attempt. */
  caps?: readonly CapStanding[] | undefined
  /** When the reading began that the caps' sums come from (monotonic milliseconds). */
  spentAsOf?: number | undefined
  /** What the attempt may count, in the ways in which its model may be priced: the first that has a price is expected. */
  expects?: (() => readonly Usage[]) | undefined
  /**
   * The same by a newer snapshot, asked while the attempt waits for room under its caps.
   * @param readAfter monotonic milliseconds: one that was read before is read again, after all that this node has spent is written
   */
  renewed?: ((readAfter: number) => Promise<Standing>) | undefined
  /** Told, once the attempt waits for room, how to end that: for a caller who leaves. */
  onWait?: ((giveUp: () => void) => void) | undefined
}

/** Writes entries in batches, many in one statement, never on the request's path unless a limit is near. */
export interface Ledger {
  /**
   * Writes an entry that needs no permission: what it costs was settled elsewhere, or it costs nothing.
   * @throws OwnkeyError `unavailable` when too much is waiting for the database.
   */
  open(start: EntryStart): Entry
  /**
   * Takes credits and quota for the attempt, and room under its spend caps. At once when all are far from used up; near a limit
   * the answer waits for the database, which decides, and near a cap for what is in flight under it.
   * @throws OwnkeyError `credits_exhausted`, `quota_exceeded`, `spend_cap_reached` or `unavailable`, thrown or by the
   * promise.
   */
  reserve(start: EntryStart, standing: Standing): Entry | Promise<Entry>
  /**
   * Whether a request that the caller named was charged within 24 hours, is not given back, and was not repeated too often:
   * then another one costs nothing.
   * @throws OwnkeyError `unavailable`
   */
  wasCharged(request: { org: string; requestId: string; sameRequest: string }): Promise<boolean>
  /**
   * Calls back when every entry opened so far would survive a killed process: at once, or at the end of this turn of the
   * event loop, so that the requests of one turn share a system call. Nothing is sent to a provider before.
   */
  beforeSending(then: () => void): void
  /** Whether something that this organization's attempts held was given back at or after `asOf` (monotonic milliseconds). */
  hasReturned(org: string, asOf: number): boolean
  /** Resolves when all that was opened or settled before the call is in the database. */
  flush(): Promise<void>
  close(): Promise<void>
}
