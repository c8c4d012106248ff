import { useRequests } from '../api/log-queries.ts'
import { offeredBy, useConfig } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useInAddress } from '../shell/use-in-address.ts'
import { PageHeader } from '../ui/states.tsx'
import { RequestLog } from '../usage/request-log.tsx'
import { OrgPicker } from './org-picker.tsx'

/** Requests as they come in, of all organizations or one, asked for again every two seconds. */
export function LiveRequestsPage() {
  const { t } = useTranslation()
  const [org, setOrg] = useInAddress('org')
  const config = useConfig()
  const requests = useRequests('/requests', { limit: '50', org: org || undefined }, 2_000)
  const offered = config.data && offeredBy(config.data)
  return (
    <>
      <PageHeader title={t('operator.live.title')} lead={t('operator.live.lead')}>
        <OrgPicker value={org} onChange={setOrg} />
      </PageHeader>
      <RequestLog
        requests={requests}
        filtered={org !== ''}
        aiName={offered?.platform.aiName ?? ''}
        features={offered?.features ?? []}
        showOrg
      />
    </>
  )
}
