import { systemClock } from '../lib/index.ts'
import { openVault, readEnvironment } from '../server/index.ts'
import { acceptRestored, type RestoredReport } from '../vault/index.ts'
import { describeCameBack } from './came-back.ts'
import type { CommandEntry } from './run.ts'

export const acceptDatabaseCommand: CommandEntry = {
  name: 'database accept',
  summary: 'accept a database that was put back to an older state',
  description:
    'For a database that the server refuses because it is older than the record of what was taken out of service. Takes out of service again what came back with it (removed, replaced and disabled keys, revoked tokens, deleted organizations), ends all sessions and writes that into the audit log. After that the server starts. Run "ownkey doctor" first to see what came back. If this is interrupted, run it again: it does the rest.',
  options: [{ flags: '--as-is', description: 'leave in service what came back' }],
  async run({ asIs }) {
    const environment = readEnvironment()
    const vault = await openVault(environment, { migrate: true, existing: true, evenRestored: true })
    try {
      const { database, keyring } = vault
      const input = { folder: environment.recordDir, asIs: asIs === true, by }
      const report = await acceptRestored({ database, keyring, clock: systemClock }, input)
      return {
        exitCode: 0,
        json: { accepted: (report?.lost ?? 0) > 0, ...report },
        lines: describe(report, asIs === true),
      }
    } finally {
      await vault.close()
    }
  },
}

/** Whoever may run commands on the server's own machine is its operator. */
const by = { actor: { kind: 'operator', id: 'operator' } }

function describe(report: RestoredReport | undefined, asIs: boolean): string[] {
  if (!report || report.lost === 0)
    return ['The database is not older than the record of what was taken out of service: there is nothing to accept.']
  const { cameBack } = report
  if (cameBack.length === 0) return ['The database is accepted. Nothing that was taken out of service had come back.']
  return [
    asIs
      ? `The database is accepted as it is. In service again, ${cameBack.length}:`
      : `The database is accepted. Taken out of service again, ${cameBack.length}:`,
    ...describeCameBack(cameBack),
  ]
}
