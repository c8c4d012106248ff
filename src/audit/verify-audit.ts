import type { KeyObject } from 'node:crypto'
import type { Keyring } from '../crypto/index.ts'
import {
  type AuditHeadRecord,
  type Database,
  getAuditHead,
  listAuditedOrganizations,
  listDeletions,
  type Queryable,
  readAuditChain,
} from '../store/index.ts'
import { readAuditKey } from './audit-key.ts'
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

export interface AuditReport {
  intact: boolean
  organizations: number
  rows: number
  /** The first thousand. */
  findings: AuditFinding[]
  heads: AuditHead[]
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
} as const

const batchRows = 1_000
const mostFindings = 1_000

/**
 * Reads every chain from its first row to its end, each as of one moment, a batch at a time.
 * @param deps.kept heads of an earlier report; shows that nothing was put back to before them.
 */
export async function verifyAudit(deps: {
  database: Database
  keyring: Keyring
  kept?: readonly AuditHead[] | undefined
  /** Told after each chain, with the rows that are read so far. */
  onChain?: ((rows: number) => void) | undefined
}): Promise<AuditReport> {
  const { database, keyring } = deps
  const key = await readAuditKey(database, keyring)
  const kept = await withoutDeleted(database, { key, kept: deps.kept ?? [] })
  const orgs = new Set([...(await listAuditedOrganizations(database)), ...kept.map(({ org }) => org)])
  const report: AuditReport = { intact: true, organizations: orgs.size, rows: 0, findings: [], heads: [] }
  for (const org of orgs) {
    const checked = await database.transaction(async (tx) => {
      await tx.query('set transaction isolation level repeatable read, read only')
      return checkChain(tx, { org, key, kept: kept.find((head) => head.org === org) })
    })
    report.rows += checked.rows
    report.findings.push(...checked.findings)
    if (checked.head) report.heads.push(checked.head)
    deps.onChain?.(report.rows)
  }
  report.intact = report.findings.length === 0
  report.findings.length = Math.min(report.findings.length, mostFindings)
  return report
}

/** A log that was deleted with its organization, as its record under the same key proves, is not missed. */
async function withoutDeleted(
  queryable: Queryable,
  { key, kept }: { key: KeyObject; kept: readonly AuditHead[] },
): Promise<AuditHead[]> {
  const missed: AuditHead[] = []
  for (const head of kept) {
    const records = await listDeletions(queryable, { org: head.org, limit: 100 })
    const proved = records.some((row) => row.audit_seq >= head.seq && sameMac(deletionMac(key, row), row.mac))
    if (!proved) missed.push(head)
  }
  return missed
}

interface ChainTask {
  org: string
  key: KeyObject
  kept: AuditHead | undefined
}

interface CheckedChain {
  rows: number
  findings: AuditFinding[]
  head?: AuditHead
}

async function checkChain(tx: Queryable, task: ChainTask): Promise<CheckedChain> {
  const head = await getAuditHead(tx, task.org)
  const findings: AuditFinding[] = []
  const find = (kind: AuditFinding['kind'], seq?: number) => {
    if (findings.length < mostFindings)
      findings.push({ org: task.org, kind, ...(seq === undefined ? {} : { seq }), sentence: sentences[kind] })
  }
  const end = await walkRows(tx, task, find)
  checkEnd({ head, end, task, find })
  const read = { rows: end.rows, findings }
  return head ? { ...read, head: { org: task.org, seq: head.seq, mac: toHex(head.last_mac) } } : read
}

interface ChainEnd {
  rows: number
  seq: number
  mac: Uint8Array
  /** The MAC at the kept head's place. */
  atKept?: Uint8Array
}

type Find = (kind: AuditFinding['kind'], seq?: number) => void

async function walkRows(tx: Queryable, task: ChainTask, find: Find): Promise<ChainEnd> {
  const end: ChainEnd = { rows: 0, seq: 0, mac: noMac }
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
      if (row.seq === task.kept?.seq) end.atKept = row.mac
    }
    if (batch.length < batchRows) return end
  }
}

function checkEnd({
  head,
  end,
  task,
  find,
}: {
  head: AuditHeadRecord | undefined
  end: ChainEnd
  task: ChainTask
  find: Find
}): void {
  const { kept, key } = task
  if (kept && kept.seq > 0 && (!end.atKept || toHex(end.atKept) !== kept.mac)) find('put_back', kept.seq)
  if (!head) find('head_missing')
  else if (!sameMac(headMac(key, head), head.head_mac)) find('head_changed', head.seq)
  else if (end.seq < head.seq) find('cut_off', end.seq + 1)
  else if (end.seq > head.seq) find('beyond_head', head.seq + 1)
  // Same length, other end: only possible when the last row itself was replaced, with its MAC.
  else if (!sameMac(head.last_mac, end.mac)) find('changed', end.seq)
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
