import { pathOf } from '../api/settings-queries.ts'
import { useOrg } from '../api/use-org.tsx'
import { AuditView } from './audit-view.tsx'

/** The audit trail of one's own organization. */
export default function AuditPage() {
  const { org } = useOrg()
  return <AuditView path={`${pathOf(org)}/audit`} fileName={`audit-${org}.csv`} />
}
