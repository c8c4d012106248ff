import {
  type Database,
  type EndedEntry,
  type OpenedEntry,
  type OrphanedSpool,
  reservedEntriesOf,
  writeBooks,
} from '../store/index.ts'

import type { LedgerTrouble } from './create-ledger.ts'

const batchSize = 1_000
const firstPauseMs = 200
const longestPauseMs = 5_000

/**
 * Writes what killed processes left in their spools; ids make it harmless to write what is there already. An entry
 * without an end was sent and nobody knows how it ended: it is settled as estimated.
 */
export async function replaySpool(parts: {
  database: Database
  node: string
  orphans: readonly OrphanedSpool[]
  onTrouble(trouble: LedgerTrouble): void
}): Promise<void> {
  for (const orphan of parts.orphans) {
    const { opened, ended } = readLines(orphan.lines)
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        await writeAll(parts.database, parts.node, { opened, ended })
        await settleLeft(parts.database, parts.node, orphan.node)
        orphan.remove()
        break
      } catch (error) {
        parts.onTrouble({ kind: 'retrying', entries: opened.length, error })
        await new Promise<void>((resolve) => setTimeout(resolve, pause).unref())
      }
    }
  }
}

interface Rows {
  opened: OpenedEntry[]
  ended: EndedEntry[]
}

function readLines(lines: readonly string[]): Rows {
  const opened = new Map<string, OpenedEntry>()
  const ended = new Map<string, EndedEntry>()
  for (const line of lines) {
    const row = readLine(line)
    if (!row) continue
    if ('ok' in row) ended.set(row.id, row)
    else opened.set(row.id, row)
  }
  for (const row of opened.values()) if (!ended.has(row.id)) ended.set(row.id, unknownEnd(row.id, row.st, Date.now()))
  return { opened: [...opened.values()], ended: [...ended.values()] }
}

function readLine(line: string): OpenedEntry | EndedEntry | undefined {
  try {
    return JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line) as OpenedEntry | EndedEntry
  } catch {
    return undefined
  }
}

/** Settles what a dead process left reserved and no longer has in its spool, without waiting until its node is missed. */
async function settleLeft(database: Database, node: string, dead: string): Promise<void> {
  for (;;) {
    const left = await reservedEntriesOf(database, dead)
    if (left.length === 0) return
    const now = Date.now()
    const ended = JSON.stringify(left.map(({ id, started_ms }) => unknownEnd(id, started_ms, now)))
    await writeBooks(database, { opened: '[]', ended, node, charging: true, endsNamed: true })
  }
}

/** The end of an entry whose process died: charged, because it was sent; the counts are unknown. */
export function unknownEnd(id: string, startedAt: number, now: number): EndedEntry {
  return { id, ok: true, es: true, du: Math.min(Math.max(0, now - startedAt), 2_147_483_647), en: now }
}

async function writeAll(database: Database, node: string, { opened, ended }: Rows): Promise<void> {
  for (let at = 0; at < opened.length; at += batchSize) {
    const rows = JSON.stringify(opened.slice(at, at + batchSize))
    await writeBooks(database, { opened: rows, ended: '[]', node, charging: true })
  }
  for (let at = 0; at < ended.length; at += batchSize) {
    const rows = JSON.stringify(ended.slice(at, at + batchSize))
    await writeBooks(database, { opened: '[]', ended: rows, node, charging: true, endsNamed: true })
  }
}
