import type { ErrorClass, KeyStatus } from '../contract/index.ts'
import type { AttemptReport } from '../gateway/index.ts'
import type { Database, KeySighting } from '../store/index.ts'
import { noteSeen, touchLastUsed } from '../vault/index.ts'
import type { Log } from './log.ts'

/** What a failure says of the key. A class that is not here (a refused prompt) says nothing about it. */
const statusOf: Partial<Record<ErrorClass, KeyStatus>> = {
  invalid_key: 'invalid',
  permission_denied: 'permission',
  quota_exhausted: 'quota',
  rate_limited: 'quota',
  provider_error: 'network',
  network: 'network',
}

function readStatus(failure: AttemptReport['failure']): KeyStatus | undefined {
  if (failure === undefined) return 'valid'
  // The key works, but not at this host. That is not the request's fault, so the key's owner has to know.
  return failure.cause === 'wrong_host' ? 'permission' : statusOf[failure.class]
}

export interface AttemptNotes {
  report(report: AttemptReport): void
  /** Writes the changes of status that are noted, and when the keys of this organization (absent: all) were used last. */
  flush(org?: string): Promise<void>
  /** Writes what is noted. */
  close(): Promise<void>
}

export interface AttemptNotesOptions {
  database: Database
  log: Log
  /** Between two writes of all keys that were used. Default 5 seconds. */
  everyMs?: number
  /** Between two writes of statuses that changed. Default a quarter of a second. */
  changesMs?: number
}

interface Use {
  org: string
  /** Milliseconds since 1970. */
  at: number
}

/** How many keys' last statuses are remembered; one that is forgotten is just written once more. */
const bound = 20_000

/**
 * Stores what real traffic shows about own keys. A changed status is written soon; every few seconds the times of last use follow
 * (sooner for an organization that is read), and all statuses once more, because a test or another node may have written a different one. If a write fails, the next
 * batch tries again: these are notes, not books.
 */
export function createAttemptNotes(options: AttemptNotesOptions): AttemptNotes {
  const { database, log, everyMs = 5000, changesMs = 250 } = options
  const written = new Map<string, string>()
  let uses = new Map<string, Use>()
  let seen = new Map<string, KeySighting>()
  let changed = new Map<string, KeySighting>()
  let soon: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  const write = (what: () => Promise<void>) => {
    writing = writing.then(what).catch((error) => log.warn('key_notes_not_written', { error }))
    return writing
  }
  const flushUses = (org?: string) => {
    const asked = new Map([...uses].filter(([, use]) => org === undefined || use.org === org))
    if (asked.size === 0) return writing
    for (const key of asked.keys()) uses.delete(key)
    return write(async () => {
      try {
        await touchLastUsed(database, new Map([...asked].map(([key, { at }]) => [key, at])))
      } catch (error) {
        uses = new Map([...asked, ...uses])
        throw error
      }
    })
  }
  const flushSeen = () => {
    const sighted = seen
    seen = new Map()
    return write(async () => {
      try {
        await noteSeen(database, [...sighted.values()])
      } catch (error) {
        seen = new Map([...sighted, ...seen])
        throw error
      }
    })
  }
  const flushChanges = () => {
    clearTimeout(soon)
    soon = undefined
    if (changed.size === 0) return writing
    const sightings = [...changed.values()]
    changed = new Map()
    return write(() => noteSeen(database, sightings))
  }
  const timer = setInterval(() => void flushUses().then(flushSeen), everyMs).unref()
  return {
    report({ org, key, failure }) {
      if (!key) return
      const now = Date.now()
      uses.set(key.id, { org, at: now })
      const status = readStatus(failure)
      if (!status) return
      const known = seen.get(key.id)
      if (known?.version === key.version && known.status === status && known.errorClass === failure?.class) {
        known.at.setTime(now)
        return
      }
      const sighting = { ...key, status, errorClass: failure?.class, at: new Date(now) }
      seen.set(key.id, sighting)
      const said = `${key.version} ${status} ${failure?.class ?? ''}`
      if (written.get(key.id) === said) return
      if (written.size >= bound) written.clear()
      written.set(key.id, said)
      changed.set(key.id, sighting)
      soon ??= setTimeout(() => void flushChanges(), changesMs).unref()
    },
    flush: (org) => Promise.all([flushChanges(), flushUses(org)]).then(() => {}),
    async close() {
      clearInterval(timer)
      void flushChanges()
      void flushUses()
      await flushSeen()
    },
  }
}
