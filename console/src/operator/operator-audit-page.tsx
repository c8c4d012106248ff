import { useDeferredValue, useState } from 'react'
import { useTranslation } from '../i18n/translation.tsx'
import { CsvButton } from '../ui/csv-button.tsx'
import { PageHeader } from '../ui/states.tsx'
import { AuditTrail } from '../usage/audit-page.tsx'
import { OrgPicker } from './org-picker.tsx'

/** The audit trail over all organizations and the platform, by organization, action and person. */
export function OperatorAuditPage() {
  const { t } = useTranslation()
  const [org, setOrg] = useState('')
  const [actor, setActor] = useState('')
  const [action, setAction] = useState('')
  const query = useDeferredValue({
    org: org || undefined,
    actor: actor.trim() || undefined,
    action: action.trim() || undefined,
  })
  return (
    <>
      <PageHeader title={t('audit.title')} lead={t('audit.lead')}>
        <OrgPicker value={org} onChange={setOrg} />
        <input
          className="input filter-input w-36"
          type="search"
          aria-label={t('audit.action')}
          placeholder={t('audit.action')}
          value={action}
          onChange={(event) => setAction(event.currentTarget.value)}
        />
        <input
          className="input filter-input w-36"
          type="search"
          aria-label={t('audit.actor')}
          placeholder={t('audit.actor')}
          value={actor}
          onChange={(event) => setActor(event.currentTarget.value)}
        />
        <CsvButton path="/audit/search" query={query} name="audit.csv" />
      </PageHeader>
      <AuditTrail path="/audit/search" query={query} />
    </>
  )
}
