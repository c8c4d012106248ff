import { useState } from 'react'
import { AuditView } from '../usage/audit-view.tsx'
import { OrgPicker } from './org-picker.tsx'

/** The audit trail over all organizations and the platform. */
export function OperatorAuditPage() {
  const [org, setOrg] = useState('')
  return (
    <AuditView path="/audit/search" fileName="audit.csv" org={org}>
      <OrgPicker value={org} onChange={setOrg} />
    </AuditView>
  )
}
