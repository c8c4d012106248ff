import { useTranslation } from 'react-i18next'
import { useRequests } from '../api/books-queries.ts'
import { offeredBy, useConfig } from '../api/operator-queries.ts'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'
import { RequestLog } from '../usage/request-log.tsx'
import { usePickedOrg } from './org-picker.tsx'

/** Requests as they come in, asked for again every two seconds. */
export function LiveRequestsPage() {
  const { t } = useTranslation()
  const { org, picker, orgs } = usePickedOrg()
  const config = useConfig()
  const requests = useRequests(org?.id ?? '', { limit: '50' }, 2_000)
  const offered = config.data && offeredBy(config.data)
  return (
    <>
      <PageHeader title={t('operator.live.title')} lead={t('operator.live.lead')}>
        {org && picker}
      </PageHeader>
      {orgs.isPending && <Loading />}
      {orgs.isError && <Failure error={orgs.error} retry={() => void orgs.refetch()} />}
      {orgs.isSuccess && !org && <Empty icon="info" title={t('operator.orgs.empty')} />}
      {org && (
        <RequestLog requests={requests} aiName={offered?.platform.aiName ?? ''} features={offered?.features ?? []} />
      )}
    </>
  )
}
