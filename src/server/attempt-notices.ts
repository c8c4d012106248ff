import type { ErrorClass } from '../contract/index.ts'
import type { AttemptReport } from '../gateway/index.ts'
import { createIdMaker } from '../lib/index.ts'
import {
  type Database,
  type NoticeCause,
  openNotices,
  readKeysForNotices,
  resolveNoticesOfKeys,
} from '../store/index.ts'
import type { Log } from './log.ts'

export interface AttemptNotices {
  report(report: AttemptReport): void
  /** Writes what is noted. */
  flush(): Promise<void>
  /** Writes what is noted, for the last time. */
  close(): Promise<void>
}

export interface AttemptNoticesOptions {
  database: Database
  log: Log
  /** Between two writes. Default 1 second. */
  everyMs?: number
  /** A key that fails now and then keeps its notice: it must have worked for so long. Default 2 seconds. */
  quietSeconds?: number
}

/** What happened to one version of a key since the last write. */
interface Trouble {
  org: string
  provider: string
  version: number
  fallbacks: number
  failures: number
  errorClass: ErrorClass
  /** The provider's more exact reason, where it gives one. */
  reason: string | undefined
  /** When the last of it happened; milliseconds since 1970. */
  at: number
}

/** Failures that concern the key or its provider and not the one request; others are nobody's to mend. */
const lasting: ReadonlySet<ErrorClass> = new Set([
  'invalid_key',
  'permission_denied',
  'quota_exhausted',
  'provider_error',
  'network',
])

const kinds = ['fallback_active', 'key_failing'] as const
/** So many keys are remembered between two writes. */
const bound = 50_000

/**
 * Opens, counts and closes the notices that real traffic causes: the platform's key stands in for an own one, or an own
 * key fails and nothing stands in. They are in the database, so it does not matter which node saw what; writes are one
 * batch a second beside the requests. One that fails is tried with the next batch.
 */
export function createAttemptNotices(options: AttemptNoticesOptions): AttemptNotices {
  const { database, log, everyMs = 1_000, quietSeconds = 2 } = options
  const newId = createIdMaker()
  let troubles = new Map<string, Trouble>()
  /** Keys that worked last, and how long to go on checking whether a notice about them can be closed. */
  const working = new Map<string, number>()
  let writing: Promise<void> = Promise.resolve()
  const write = async () => {
    const batch = troubles
    troubles = new Map()
    try {
      await openNotices(database, await causesOf(database, batch), () => `ntc_${newId()}`)
    } catch (error) {
      troubles = addedUp(batch, troubles)
      throw error
    }
    const now = Date.now()
    for (const [key, until] of working) if (until < now) working.delete(key)
    await resolveNoticesOfKeys(database, [...working.keys()], { kinds, quietSeconds })
  }
  const flush = () => {
    if (troubles.size === 0 && working.size === 0) return writing
    writing = writing.then(write).catch((error) => log.warn('notices_not_written', { error }))
    return writing
  }
  const timer = setInterval(() => void flush(), everyMs).unref()
  return {
    report(report) {
      const { key, failure } = report
      if (!key) return
      if (!failure) {
        if (working.size < bound) working.set(key.id, Date.now() + quietSeconds * 1000 + 3 * everyMs)
        return
      }
      const fellBack = report.fallback !== undefined
      const wrongHost = failure.cause === 'wrong_host'
      if (!fellBack && !wrongHost && !lasting.has(failure.class)) return
      working.delete(key.id)
      const known = troubles.get(key.id)
      if (!known && troubles.size >= bound) return
      troubles.set(key.id, {
        org: report.org,
        provider: report.provider,
        version: key.version,
        fallbacks: (known?.fallbacks ?? 0) + (fellBack ? 1 : 0),
        failures: (known?.failures ?? 0) + (fellBack ? 0 : 1),
        errorClass: failure.class,
        reason: failure.cause,
        at: Date.now(),
      })
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

/** Both together: the counts added up, everything else from the newer one. */
function addedUp(older: ReadonlyMap<string, Trouble>, newer: ReadonlyMap<string, Trouble>): Map<string, Trouble> {
  const all = new Map(older)
  for (const [key, trouble] of newer) {
    const { fallbacks = 0, failures = 0 } = all.get(key) ?? {}
    all.set(key, { ...trouble, fallbacks: trouble.fallbacks + fallbacks, failures: trouble.failures + failures })
  }
  return all
}

/**
 * Only for keys that are still there and enabled, in the version that failed, and that no test has found to work since: what was
 * mended in the meantime needs no notice.
 */
async function causesOf(database: Database, troubles: ReadonlyMap<string, Trouble>): Promise<NoticeCause[]> {
  if (troubles.size === 0) return []
  const rows = await readKeysForNotices(database, [...troubles.keys()])
  return rows.flatMap(({ id, version, environment, hint, proved_ms: provedMs }) => {
    const trouble = troubles.get(id)
    if (!trouble || trouble.version !== version || (provedMs ?? 0) > trouble.at) return []
    const { org, provider, errorClass, reason, fallbacks, failures } = trouble
    const facts = { errorClass, environment, hint, ...(reason === undefined ? {} : { reason }) }
    const counts = { fallback_active: fallbacks, key_failing: failures }
    return kinds
      .filter((kind) => counts[kind] > 0)
      .map((kind) => ({ org, cause: `${kind} ${id}`, kind, provider, keyId: id, facts, times: counts[kind] }))
  })
}
