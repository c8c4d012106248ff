import { useRequests } from '../api/log-queries.ts'
import { pathOf, useSettings } from '../api/settings-queries.ts'
import { useOrg } from '../api/use-org.tsx'
import { useTranslation } from '../i18n/translation.tsx'
import { useInAddress } from '../shell/use-in-address.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { PageHeader } from '../ui/states.tsx'
import { RequestLog } from './request-log.tsx'

const outcomes = ['', 'succeeded', 'failed', 'fallback'] as const

/** The log of requests: metadata only, never a prompt or an answer. */
export default function RequestsPage() {
  const { t } = useTranslation()
  const { org } = useOrg()
  const [outcome, setOutcome] = useInAddress('outcome', outcomes)
  const [feature, setFeature] = useInAddress('feature')
  const settings = useSettings()
  const features = settings.data?.features ?? []
  const query = { outcome: outcome || undefined, feature: feature || undefined }
  const requests = useRequests(`${pathOf(org)}/requests`, query)
  return (
    <>
      <PageHeader title={t('requests.title')} lead={t('requests.lead')}>
        <select
          className="input filter-input w-auto"
          aria-label={t('requests.outcome')}
          value={outcome}
          onChange={(event) => setOutcome(event.currentTarget.value as typeof outcome)}
        >
          {outcomes.map((one) => (
            <option key={one} value={one}>
              {t(`requests.outcomes.${one || 'all'}`)}
            </option>
          ))}
        </select>
        <select
          className="input filter-input w-44"
          aria-label={t('common.feature')}
          value={feature}
          onChange={(event) => setFeature(event.currentTarget.value)}
        >
          <option value="">{t('requests.allFeatures')}</option>
          {features.map((one) => (
            <option key={one.id} value={one.id}>
              {one.title}
            </option>
          ))}
          {feature && !features.some(({ id }) => id === feature) && <option>{feature}</option>}
        </select>
        <CsvButton path={`${pathOf(org)}/requests`} query={query} name={`requests-${org}.csv`} />
      </PageHeader>
      <RequestLog
        requests={requests}
        filtered={outcome !== '' || feature !== ''}
        aiName={settings.data?.platform.aiName ?? ''}
        features={features}
      />
    </>
  )
}
