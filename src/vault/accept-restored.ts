import { type AuditActor, appendAudit, deleteOrganizationWithProof } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { endAllSessions, noteWithdrawal, putWithdrawalsBack, revokeTokenInService } from '../store/index.ts'
import { removeKey } from './remove-key.ts'
import { type CameBack, findLost, type RestoredReport, recordOf, reportOf } from './restored-database.ts'
import { setKeyState } from './set-key-state.ts'
import type { VaultDeps } from './vault-deps.ts'

export interface AcceptInput {
  /** Where the record is. */
  folder: string
  /** What came back stays in service. */
  asIs: boolean
  by: AuditActor
}

/**
 * Makes a restored (older) database fit to be served: keys and tokens that had been taken out of service since are taken out again,
 * all sessions end, and the lost withdrawals are written into the database. If it is killed halfway, the database is still refused
 * and the next call finishes the work.
 * @returns what came back, as it was found; undefined: the database is new
 */
export async function acceptRestored(deps: VaultDeps, input: AcceptInput): Promise<RestoredReport | undefined> {
  const { database } = deps
  const record = await recordOf(database, input.folder)
  if (!record) return undefined
  const lost = await findLost(database, record)
  const report = await reportOf(database, lost)
  if (lost.rows.length === 0) return report
  if (!input.asIs) for (const one of report.cameBack) await withdrawAgain(deps, { one, by: input.by })
  await database.transaction(async (tx) => {
    const sessions = await endAllSessions(tx)
    const detail = { lost: lost.rows.length, cameBack: report.cameBack.length, asIs: input.asIs, sessions }
    await appendAudit(tx, deps, { org: '', ...input.by, action: 'database.accept', detail })
    await putWithdrawalsBack(tx, lost.rows)
  })
  return report
}

type Again = { one: CameBack; by: AuditActor }

const again: Readonly<Record<CameBack['kind'], (deps: VaultDeps, task: Again) => Promise<unknown>>> = {
  key: (deps, { one, by }) => removeKey(deps, { org: one.org ?? '', keyId: one.id, action: 'key.revoke', by }),
  disabled_key: (deps, { one, by }) => setKeyState(deps, { org: one.org ?? '', keyId: one.id, state: 'disabled', by }),
  token: (deps, { one, by }) =>
    deps.database.transaction(async (tx) => {
      const token = await revokeTokenInService(tx, one.id)
      if (!token) return
      await appendAudit(tx, deps, { org: token.org ?? '', ...by, action: 'token.revoke', target: one.id })
      await noteWithdrawal(tx, { kind: 'token', target: one.id })
    }),
  organization: (deps, { one, by }) =>
    deps.database.transaction((tx) => deleteOrganizationWithProof(tx, deps, { org: one.id, by })),
}

async function withdrawAgain(deps: VaultDeps, task: Again): Promise<void> {
  try {
    await again[task.one.kind](deps, task)
  } catch (error) {
    // It is gone already: with its organization, or by somebody else.
    if (!(error instanceof OwnkeyError && (error.code === 'key_unknown' || error.code === 'org_unknown'))) throw error
  }
}
