import { OwnkeyError } from '../contract/index.ts'
import { getOrganization, type OrganizationRow } from '../store/index.ts'
import type { ControlDeps } from './deps.ts'

/** @throws OwnkeyError `org_unknown` */
export async function requireOrg({ database }: Pick<ControlDeps, 'database'>, org: string): Promise<OrganizationRow> {
  const row = await getOrganization(database, org)
  if (!row) throw new OwnkeyError('org_unknown')
  return row
}
