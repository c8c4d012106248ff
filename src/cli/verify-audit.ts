import { readFileSync } from 'node:fs'
import { type AuditHead, type AuditReport, verifyAudit } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { counted } from '../lib/index.ts'
import { readEnvironment } from '../server/index.ts'
import { onVault } from './on-vault.ts'
import type { CommandEntry } from './run.ts'

export const verifyAuditCommand: CommandEntry = {
  name: 'audit verify',
  summary: 'find edited, removed and cut-off rows of the audit log',
  description:
    'Reads every organization’s chain from its first row to its recorded end. Keep the output of --json outside the database and give it with --kept next time: then a database that was put back to an older state is found too. With the embedded database a running server is asked.',
  options: [{ flags: '--kept <file>', description: 'the JSON that an earlier run printed' }],
  async run({ kept }) {
    const heads = kept === undefined ? undefined : readHeads(String(kept))
    const report = await onVault<AuditReport>({
      environment: readEnvironment(),
      migrate: false,
      evenRestored: true,
      here: ({ database, keyring }) => verifyAudit({ database, keyring, kept: heads }),
      there: { path: '/api/v1/audit/verify', body: { ...(heads && { kept: heads }) } },
    })
    return { exitCode: report.intact ? 0 : 1, json: report, lines: describe(report) }
  },
}

function readHeads(file: string): AuditHead[] {
  const fix = 'Give the file that an earlier run wrote, or leave --kept out.'
  const heads = headsIn(readText(file, fix))
  if (heads) return heads
  throw new OwnkeyError('request_invalid', {
    detail: `${file} is not the output of "ownkey audit verify --json".`,
    fix,
  })
}

function readText(file: string, fix: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new OwnkeyError('request_invalid', { detail: `The file ${file} ${what}.`, fix })
  }
}

function headsIn(text: string): AuditHead[] | undefined {
  try {
    const { heads } = JSON.parse(text) as Partial<AuditReport>
    return heads?.every(isHead) ? heads : undefined
  } catch {
    return undefined
  }
}

function isHead(value: unknown): value is AuditHead {
  const { org, seq, mac } = (value ?? {}) as Partial<AuditHead>
  return typeof org === 'string' && typeof seq === 'number' && typeof mac === 'string'
}

function describe({ intact, rows, organizations, findings }: AuditReport): string[] {
  const read = `${counted(rows, 'row')} in ${counted(organizations, 'log')}`
  if (intact) return [`The audit log is intact: ${read}.`]
  const found = findings.map(
    ({ org, seq, sentence }) => `  ${org || '(platform)'}${seq === undefined ? '' : ` row ${seq}`}: ${sentence}`,
  )
  return [`The audit log was tampered with: ${read}.`, ...found]
}
