import type { ErrorClass, KeySource } from '../contract/index.ts'
import type { Usage } from '../providers/provider.ts'

/** What is known of an attempt when it is sent. */
export interface EntryStart {
  requestId: string
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
  /** The class that made the attempt before this one fail. */
  fallbackClass?: ErrorClass | undefined
  startedAt: number
}

/** How an attempt ended. */
export interface EntryEnd {
  status?: number | undefined
  errorClass?: ErrorClass | undefined
  usage?: Usage | undefined
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
  /** Once; later calls do nothing. */
  settle(end: EntryEnd): void
}

/** Writes entries in batches, many in one statement, never on the request's path. */
export interface Ledger {
  open(start: EntryStart): Entry
  /** Resolves when all that was opened or settled before the call is in the database. */
  flush(): Promise<void>
  close(): Promise<void>
}
