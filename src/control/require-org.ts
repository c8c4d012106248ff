import { OwnkeyError } from '../contract/index.ts'
import {
  getOrganization,
  type LockStrength,
  lockOrganization,
  type OrganizationRow,
  type Queryable,
} from '../store/index.ts'
import type { ControlDeps } from './deps.ts'

/** @throws OwnkeyError `org_unknown` */
export async function requireOrg({ database }: Pick<ControlDeps, 'database'>, org: string): Promise<OrganizationRow> {
  const row = await getOrganization(database, org)
  if (!row) throw new OwnkeyError('org_unknown')
  return row
}

/**
 * The same at the beginning of a transaction that writes something of the organization's: nobody deletes it meanwhile.
 * @throws OwnkeyError `org_unknown`
 */
export async function holdOrg(tx: Queryable, org: string, strength: LockStrength = 'for key share'): Promise<void> {
  if (!(await lockOrganization(tx, org, strength))) throw new OwnkeyError('org_unknown')
}
