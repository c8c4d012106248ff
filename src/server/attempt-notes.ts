import type { ErrorClass, KeyStatus } from '../contract/index.ts'
import type { Keyring } from '../crypto/index.ts'
import type { AttemptReport } from '../gateway/index.ts'
import { systemClock } from '../lib/index.ts'
import type { Database } from '../store/index.ts'
import { recordTest, touchLastUsed } from '../vault/index.ts'
import type { Log } from './log.ts'

/** What a failure says of the key itself. A class that is not here says nothing about it. */
const statusOf: Partial<Record<ErrorClass, KeyStatus>> = {
  invalid_key: 'invalid',
  permission_denied: 'permission',
  quota_exhausted: 'quota',
}

export interface AttemptNotes {
  report(report: AttemptReport): void
  /** Writes what is noted. */
  close(): Promise<void>
}

export interface AttemptNotesOptions {
  database: Database
  keyring: Keyring
  log: Log
  /** Between two writes of the times of last use. Default 5 seconds. */
  everyMs?: number
}

/** So many keys' last statuses are remembered; a forgotten one is only written once more. */
const bound = 20_000

/**
 * Keeps what real traffic tells of own keys: when each was last used, in batches beside the requests, and its status when
 * that changes. A write that fails is tried with the next batch or left: these are notes, not books.
 */
export function createAttemptNotes({ database, keyring, log, everyMs = 5000 }: AttemptNotesOptions): AttemptNotes {
  const statuses = new Map<string, KeyStatus>()
  let uses = new Map<string, number>()
  let writing: Promise<void> = Promise.resolve()
  const flush = () => {
    const batch = uses
    uses = new Map()
    writing = writing
      .then(() => touchLastUsed(database, batch))
      .catch((error) => log.warn('last_used_not_written', { error, count: batch.size }))
    return writing
  }
  const timer = setInterval(() => void flush(), everyMs).unref()
  const noteStatus = (org: string, key: { id: string; version: number }, status: KeyStatus) => {
    const version = `${key.id} ${key.version}`
    if (statuses.get(version) === status) return
    if (statuses.size >= bound) statuses.clear()
    statuses.set(version, status)
    const deps = { database, keyring, clock: systemClock }
    writing = writing
      .then(() => recordTest(deps, { org, keyId: key.id, version: key.version, status }))
      .then(
        () => {},
        (error) => log.warn('key_status_not_written', { error, org }),
      )
  }
  return {
    report({ org, key, failure }) {
      if (!key) return
      uses.set(key.id, Date.now())
      const status = failure ? statusOf[failure.class] : 'valid'
      if (status) noteStatus(org, key, status)
    },
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
