import type { Health } from '../../../src/contract/index.ts'
import { useHealth } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { useInAddress } from '../shell/use-in-address.ts'
import { FigureTiles } from '../ui/figure-tiles.tsx'
import { Failure, Loading, PageHeader } from '../ui/states.tsx'
import { failedRequests } from '../usage/measures.ts'
import { FailingKeys } from './failing-keys.tsx'
import { BusiestOrgs, ErrorBars, ProviderTimes } from './health-tables.tsx'
import { percent } from './percent.ts'

const ranges = ['1', '24', '168', '720'] as const

/** Which keys fail and why, what fallback costs, how fast providers are, who asks most. */
export function HealthPage() {
  const { t } = useTranslation()
  const [hours, setHours] = useInAddress('hours', ranges, '24')
  const health = useHealth(Number(hours))
  // While another period is fetched, the numbers of the one before are there still: they are not shown as what was asked for.
  const shown = health.isPlaceholderData ? undefined : health.data
  return (
    <>
      <PageHeader title={t('operator.health.title')} lead={t('operator.health.lead')}>
        <select
          className="input filter-input w-auto"
          aria-label={t('usage.range')}
          value={hours}
          onChange={(event) => setHours(event.currentTarget.value as typeof hours)}
        >
          {ranges.map((one) => (
            <option key={one} value={one}>
              {t(`operator.health.ranges.${one}`)}
            </option>
          ))}
        </select>
      </PageHeader>
      {!shown && !health.isError && <Loading rows={5} />}
      {health.isError && <Failure error={health.error} retry={() => void health.refetch()} />}
      {shown && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-6" data-testid="health">
          <Totals health={shown} />
          <FailingKeys keys={shown.failingKeys} more={shown.moreFailingKeys} />
          <ProviderTimes health={shown} />
          <ErrorBars health={shown} />
          <BusiestOrgs rows={shown.organizations} />
        </div>
      )}
    </>
  )
}

function Totals({ health }: { health: Health }) {
  const { t, locale } = useTranslation()
  const format = useFormat()
  const { fallbacks } = health
  const failed = failedRequests(health)
  const share = (part: number) => (health.requests === 0 ? '–' : percent(part / health.requests, locale))
  const costs = fallbacks.costs.map((cost) => format.money(cost.amount, cost.currency)).join(' + ')
  const tiles = [
    { name: t('usage.measure.requests'), value: format.whole(health.requests), note: '' },
    {
      name: t('operator.health.failed'),
      value: share(failed),
      note: t('operator.health.requests', { count: failed }),
    },
    {
      name: t('operator.health.fellBack'),
      value: share(fallbacks.requests),
      note: t('operator.health.requests', { count: fallbacks.requests }),
    },
    {
      name: t('operator.health.fallbackCost'),
      value: costs || '–',
      note:
        fallbacks.unpriced > 0
          ? t('usage.unpriced', { count: fallbacks.unpriced })
          : t('operator.health.creditsTaken', { count: fallbacks.credits }),
    },
  ]
  return <FigureTiles tiles={tiles} />
}
