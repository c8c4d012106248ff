import { useInAddress } from '../shell/use-in-address.ts'
import { AuditView } from '../usage/audit-view.tsx'
import { OrgPicker } from './org-picker.tsx'

/** The audit trail over all organizations and the platform. */
export function OperatorAuditPage() {
  const [org, setOrg] = useInAddress('org')
  return (
    <AuditView path="/audit/search" fileName="audit.csv" org={org}>
      <OrgPicker value={org} onChange={setOrg} />
    </AuditView>
  )
}
