import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'
import { AuditTrail } from '../usage/audit-page.tsx'
import { usePickedOrg } from './org-picker.tsx'

/** The audit trail of any organization, by action and by person. */
export function OperatorAuditPage() {
  const { t } = useTranslation()
  const { org, picker, orgs } = usePickedOrg()
  const [actor, setActor] = useState('')
  const [action, setAction] = useState('')
  return (
    <>
      <PageHeader title={t('audit.title')} lead={t('audit.lead')}>
        {org && picker}
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
      </PageHeader>
      {orgs.isPending && <Loading />}
      {orgs.isError && <Failure error={orgs.error} retry={() => void orgs.refetch()} />}
      {orgs.isSuccess && !org && <Empty icon="info" title={t('operator.orgs.empty')} />}
      {org && (
        <AuditTrail org={org.id} query={{ actor: actor.trim() || undefined, action: action.trim() || undefined }} />
      )}
    </>
  )
}
