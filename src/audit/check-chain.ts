import type { KeyObject } from 'node:crypto'
import {
  type AuditHeadRecord,
  getAuditHead,
  listToldDeletions,
  mustHaveAuditLog,
  type Queryable,
  readAuditChain,
  type ToldDeletionRow,
} from '../store/index.ts'
import { deletionMac, headMac, noMac, rowMac, sameMac } from './chain.ts'

export interface AuditFinding {
  org: string
  kind: keyof typeof sentences
  /** The row that it is about; the first one, where there are several. */
  seq?: number
  /** For people. */
  sentence: string
}

/** Where a chain ended. To be kept outside the database, and given to a later `verifyAudit`. */
export interface AuditHead {
  org: string
  seq: number
  /** Hexadecimal. */
  mac: string
}

const sentences = {
  changed: 'This row was changed, or put in from outside.',
  missing: 'Rows from here on were removed.',
  cut_off: 'The last rows, from here on, were removed.',
  beyond_head: 'Rows stand behind the recorded end: they were added from outside, or the end was put back.',
  head_changed: 'The recorded end of the log was changed.',
  head_missing: 'The recorded end of the log was removed.',
  put_back:
    'The log ends before, or differs at, the end that was kept from an earlier check: it was put back to an older state.',
  brought_back: 'Up to here this is a log that was deleted with its organization, and was put back from outside.',
} as const

const batchRows = 1_000
/** Of one chain, and of one report. */
export const mostFindings = 1_000

export interface ChainTask {
  org: string
  key: KeyObject
  kept: AuditHead | undefined
  /** Where the platform's log ended when heads were kept, and where it ends in this report. */
  platformEnds: { kept: number; now: number }
}

export interface CheckedChain {
  rows: number
  findings: AuditFinding[]
  /** Absent also when the log was deleted, or begun anew, since this report began. */
  head?: AuditHead
}

/**
 * Reads a chain from its first row to its end. An organization may be made anew under an id that another one had: the platform's
 * log tells when each was deleted, and so of which log a head was kept.
 */
export async function checkChain(tx: Queryable, task: ChainTask): Promise<CheckedChain> {
  const { org, key, kept, platformEnds } = task
  const head = await getAuditHead(tx, org)
  const deletions = (await listToldDeletions(tx, org)).filter((row) => sameMac(deletionMac(key, row), row.mac))
  const isDeleted =
    kept !== undefined && deletions.some((row) => row.told > platformEnds.kept && row.audit_seq >= kept.seq)
  const deletedEnds = [...deletions.map(endOfDeleted), ...(isDeleted ? [kept] : [])]
  const missed = isDeleted ? undefined : kept
  const findings: AuditFinding[] = []
  const find = (kind: AuditFinding['kind'], seq?: number) => {
    if (findings.length < mostFindings)
      findings.push({ org, kind, ...(seq === undefined ? {} : { seq }), sentence: sentences[kind] })
  }
  const end = await walkRows(tx, {
    task,
    find,
    marks: new Set([...deletedEnds, ...(kept ? [kept] : [])].map(({ seq }) => seq)),
  })
  for (const { seq, mac } of deletedEnds) if (end.marked.get(seq) === mac) find('brought_back', seq)
  if (missed && missed.seq > 0 && end.marked.get(missed.seq) !== missed.mac) find('put_back', missed.seq)
  if (head) checkEnd({ head, end, key, find })
  else if (end.rows > 0 || missed || (await mustHaveAuditLog(tx, org))) find('head_missing')
  const isLater = deletions.some(({ told }) => told > platformEnds.now)
  const read = { rows: end.rows, findings }
  return head && !isLater ? { ...read, head: { org, seq: head.seq, mac: toHex(head.last_mac) } } : read
}

function endOfDeleted({ org, audit_seq: seq, audit_mac: mac }: ToldDeletionRow): AuditHead {
  return { org, seq, mac: toHex(mac) }
}

interface ChainEnd {
  rows: number
  seq: number
  mac: Uint8Array
  /** The MACs at the places that were asked for, hexadecimal. */
  marked: Map<number, string>
}

type Find = (kind: AuditFinding['kind'], seq?: number) => void

async function walkRows(
  tx: Queryable,
  { task, find, marks }: { task: ChainTask; find: Find; marks: ReadonlySet<number> },
): Promise<ChainEnd> {
  const end: ChainEnd = { rows: 0, seq: 0, mac: noMac, marked: new Map() }
  for (;;) {
    const batch = await readAuditChain(tx, task.org, { after: end.seq, limit: batchRows })
    for (const row of batch) {
      const gap = row.seq !== end.seq + 1
      if (gap) find('missing', end.seq + 1)
      // Behind a gap the row's MAC cannot fit: it covers a row that is gone.
      else if (!sameMac(rowMac(task.key, row, end.mac), row.mac)) find('changed', row.seq)
      end.rows++
      end.seq = row.seq
      end.mac = row.mac
      if (marks.has(row.seq)) end.marked.set(row.seq, toHex(row.mac))
    }
    if (batch.length < batchRows) return end
  }
}

function checkEnd({
  head,
  end,
  key,
  find,
}: {
  head: AuditHeadRecord
  end: ChainEnd
  key: KeyObject
  find: Find
}): void {
  if (!sameMac(headMac(key, head), head.head_mac)) find('head_changed', head.seq)
  else if (end.seq < head.seq) find('cut_off', end.seq + 1)
  else if (end.seq > head.seq) find('beyond_head', head.seq + 1)
  // Same length, other end: only possible when the last row itself was replaced, with its MAC.
  else if (!sameMac(head.last_mac, end.mac)) find('changed', end.seq)
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
