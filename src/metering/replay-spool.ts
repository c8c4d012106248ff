import type { Clock } from '../lib/index.ts'
import {
  type Database,
  type EndedEntry,
  type OpenedEntry,
  type OrphanedSpool,
  reservedEntriesOf,
  writeBooks,
} from '../store/index.ts'
import { LineBatch } from './line-batch.ts'
import { createLineWriter, type LineWriter, type LineWriterParts } from './line-writer.ts'

const batchSize = 1_000
const pauses = { first: 200, longest: 5_000 }

interface ReplayParts extends Pick<LineWriterParts, 'onRetry' | 'setAside'> {
  database: Database
  node: string
  clock: Pick<Clock, 'monotonic'>
  orphans: readonly OrphanedSpool[]
}

/**
 * Writes what killed processes left in their spools; ids make it harmless to write what is there already. An entry
 * without an end was sent and nobody knows how it ended: it is settled as estimated.
 */
export async function replaySpool(parts: ReplayParts): Promise<void> {
  const { database } = parts
  // Not a reason for a process to live.
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
  const writer = createLineWriter({ ...parts, write: (batch) => writeBooks(database, batch), pauses, pause })
  for (const orphan of parts.orphans) {
    await writeAll(writer, readLines(orphan.lines))
    await settleLeft({ ...parts, writer, pause, dead: orphan.node })
    orphan.remove()
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
    const row = JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line) as OpenedEntry | EndedEntry | null
    return typeof row?.id === 'string' ? row : undefined
  } catch {
    return undefined
  }
}

/** Settles what a dead process left reserved and no longer has in its spool, without waiting until its node is missed. */
async function settleLeft(
  parts: Pick<ReplayParts, 'database' | 'onRetry'> & {
    writer: LineWriter
    pause(ms: number): Promise<void>
    dead: string
  },
): Promise<void> {
  for (let last: string | undefined; ; ) {
    try {
      const left = await reservedEntriesOf(parts.database, parts.dead)
      // What is refused now would be refused again.
      if (left.length === 0 || left.at(-1)?.id === last) return
      last = left.at(-1)?.id
      const now = Date.now()
      await parts.writer.write(batchOf({ ended: left.map(({ id, started_ms }) => unknownEnd(id, started_ms, now)) }))
    } catch (error) {
      parts.onRetry(0, error)
      await parts.pause(pauses.longest)
    }
  }
}

/** The end of an entry whose process died: charged, because it was sent; the counts are unknown. */
export function unknownEnd(id: string, startedAt: number, now: number): EndedEntry {
  return { id, ok: true, es: true, du: Math.min(Math.max(0, now - startedAt), 2_147_483_647), en: now }
}

async function writeAll(writer: LineWriter, { opened, ended }: Rows): Promise<void> {
  for (let at = 0; at < opened.length; at += batchSize)
    await writer.write(batchOf({ opened: opened.slice(at, at + batchSize) }))
  for (let at = 0; at < ended.length; at += batchSize)
    await writer.write(batchOf({ ended: ended.slice(at, at + batchSize) }))
}

/** Of its lines nobody knows any more whether they move balances. */
function batchOf({ opened = [], ended = [] }: Partial<Rows>): LineBatch {
  const batch = new LineBatch(0)
  for (const row of opened) batch.opened.add(JSON.stringify(row))
  for (const row of ended) batch.ended.add(JSON.stringify(row))
  batch.endedLater = ended.length
  batch.charging = true
  batch.endsNamed = ended.length > 0
  return batch
}
