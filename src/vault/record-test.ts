import { type AuditActor, appendAudit } from '../audit/index.ts'
import type { KeyStatus } from '../contract/index.ts'
import { setKeyTest, touchOrganization } from '../store/index.ts'
import type { VaultDeps } from './vault-deps.ts'

export interface KeyTestResult {
  org: string
  keyId: string
  /** The version that was tested; a result of an older one is dropped. */
  version: number
  status: KeyStatus
  /** What the page shows of the test; absent: the last one stays (a status learned from real traffic). */
  result?: Readonly<Record<string, unknown>> | undefined
  /** Who asked for the test; absent: nobody did, and nothing is written to the audit log. */
  by?: AuditActor | undefined
}

/** Keeps what a test, or real traffic, said of a key. True unless the key is gone or a newer version by now. */
export function recordTest(deps: VaultDeps, test: KeyTestResult): Promise<boolean> {
  const { org, keyId, version, status, result, by } = test
  return deps.database.transaction(async (tx) => {
    // Every node that lets the key rest learns that it works again. First, because changes of keys lock in this order.
    if (by && status === 'valid') await touchOrganization(tx, org)
    const recorded = await setKeyTest(tx, { org, id: keyId, version }, { status, lastTest: result })
    if (recorded && by)
      await appendAudit(tx, deps, { org, ...by, action: 'key.test', target: keyId, detail: { version, status } })
    return recorded
  })
}
