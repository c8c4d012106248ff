import { readFileSync } from 'node:fs'
import { type AuditHead, type AuditReport, verifyAudit } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
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
  try {
    const { heads } = JSON.parse(readFileSync(file, 'utf8')) as AuditReport
    if (Array.isArray(heads)) return heads
  } catch {
    // Said below, for every way in which the file can be wrong.
  }
  throw new OwnkeyError('request_invalid', {
    detail: `${file} is not the output of "ownkey audit verify --json".`,
    fix: 'Give the file that an earlier run wrote, or leave --kept out.',
  })
}

function describe({ intact, rows, organizations, findings }: AuditReport): string[] {
  const read = `${rows} ${rows === 1 ? 'row' : 'rows'} in ${organizations} ${organizations === 1 ? 'log' : 'logs'}`
  if (intact) return [`The audit log is intact: ${read}.`]
  const found = findings.map(
    ({ org, seq, sentence }) => `  ${org || '(platform)'}${seq === undefined ? '' : ` row ${seq}`}: ${sentence}`,
  )
  return [`The audit log was tampered with: ${read}.`, ...found]
}
