import type { Settings, UsageReport } from '../../../src/contract/index.ts'
import { pathOf, useSettings } from '../api/settings-queries.ts'
import { useUsage } from '../api/usage-queries.ts'
import { useOrg } from '../api/use-org.tsx'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { useInAddress } from '../shell/use-in-address.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { FigureTiles } from '../ui/figure-tiles.tsx'
import { QuotaMeter } from '../ui/quota-meter.tsx'
import { useSaid } from '../ui/said.tsx'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'
import {
  amountOf,
  type Breakdown,
  breakdowns,
  daysBetween,
  failedRequests,
  type Measure,
  measures,
  restId,
  seriesOf,
  tokensOf,
} from './measures.ts'
import { UsageChart } from './usage-chart.tsx'
import { UsageTable } from './usage-table.tsx'

const ranges = ['7', '30', '90'] as const

/** What was used, on whose key, and what it cost. */
export default function UsagePage() {
  const { t } = useTranslation()
  const { org } = useOrg()
  const [range, setRange] = useInAddress('days', ranges, '30')
  const [breakdown, setBreakdown] = useInAddress('by', breakdowns)
  const from = new Date(Date.now() - (Number(range) - 1) * 86_400_000).toISOString().slice(0, 10)
  const query = { from, groupBy: `day,${breakdown}` }
  const usage = useUsage(query)
  const settings = useSettings()
  // While another period is fetched, the numbers of the one before are there still: they are not shown as what was asked for.
  const report = usage.data?.from.startsWith(from) ? usage.data : undefined
  return (
    <>
      <PageHeader title={t('usage.title')} lead={t('usage.lead')}>
        <select
          className="input filter-input w-auto"
          aria-label={t('usage.range')}
          value={range}
          onChange={(event) => setRange(event.currentTarget.value as typeof range)}
        >
          {ranges.map((days) => (
            <option key={days} value={days}>
              {t('usage.lastDays', { count: Number(days) })}
            </option>
          ))}
        </select>
        <CsvButton path={`${pathOf(org)}/usage`} query={query} name={`usage-${org}-${from}.csv`} />
      </PageHeader>
      {!report && !usage.isError && <Loading rows={5} />}
      {usage.isError && <Failure error={usage.error} retry={() => void usage.refetch()} />}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
        {report && <Totals report={report} settings={settings.data} />}
        {report && report.rows.length === 0 && (
          <div className="card">
            <Empty icon="sparkle" title={t('usage.empty')}>
              {t('usage.emptyLead')}
            </Empty>
          </div>
        )}
        {report && report.rows.length > 0 && (
          <OverTime report={report} settings={settings.data} breakdown={breakdown} setBreakdown={setBreakdown} />
        )}
        {settings.data && settings.data.quotas.length > 0 && (
          <section className="card p-4 sm:p-5" aria-labelledby="quotas">
            <h2 id="quotas" className="mb-4 font-semibold">
              {t('quota.title')}
            </h2>
            <div className="grid gap-5 sm:grid-cols-2">
              {settings.data.quotas.map((quota) => (
                <QuotaMeter key={quota.meter} quota={quota} />
              ))}
            </div>
          </section>
        )}
      </div>
    </>
  )
}

function Totals({ report: { total }, settings }: { report: UsageReport; settings: Settings | undefined }) {
  const { t } = useTranslation()
  const format = useFormat()
  const tiles = [
    {
      name: t('usage.measure.requests'),
      value: format.whole(total.requests),
      note: t('usage.failedNote', {
        failed: format.whole(failedRequests(total)),
        fallbacks: format.whole(total.fallbacks),
      }),
    },
    {
      name: t('usage.measure.tokens'),
      value: format.compact(tokensOf(total)),
      note: t('usage.tokensNote', {
        input: format.compact(total.inputTokens),
        output: format.compact(total.outputTokens),
      }),
    },
    {
      name: t('usage.measure.cost'),
      value: total.costs.map((cost) => format.money(cost.amount, cost.currency)).join(' + ') || '–',
      note: total.unpriced > 0 ? t('usage.unpriced', { count: total.unpriced }) : t('usage.costNote'),
    },
    {
      name: t('usage.measure.credits'),
      value: format.whole(total.credits),
      note: settings ? t('usage.creditsNote', { balance: format.whole(settings.credits.balance) }) : '',
    },
  ]
  return <FigureTiles tiles={tiles} />
}

interface OverTimeProps {
  report: UsageReport
  settings: Settings | undefined
  breakdown: Breakdown
  setBreakdown(breakdown: Breakdown): void
}

function OverTime({ report, settings, breakdown, setBreakdown }: OverTimeProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const nameIn = useGroupNames()
  const [measure, setMeasure] = useInAddress('measure', measures)
  const currency = report.total.costs[0]?.currency ?? 'USD'
  // While another breakdown is being fetched the old rows are still shown, grouped as they came.
  const shown = breakdowns.find((one) => report.groupBy.includes(one)) ?? breakdown
  const days = daysBetween(report.from, report.to)
  const series = seriesOf(report.rows, days, (row) => amountOf(row, measure, currency), shown)
  const show = (amount: number) => (measure === 'cost' ? format.money(amount, currency) : format.compact(amount))
  const nameOf = (id: string | null) => (id === restId ? t('usage.rest') : nameIn(settings, shown, id))
  return (
    <section className="card p-4 sm:p-5" aria-labelledby="over-time">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <div>
          <h2 id="over-time" className="font-semibold">
            {t('usage.overTime')}
          </h2>
          <p className="text-sm text-muted">{t('usage.utcDays')}</p>
        </div>
        <div className="flex flex-wrap gap-2">
          <select
            className="input filter-input w-auto"
            aria-label={t('usage.measureLabel')}
            value={measure}
            onChange={(event) => setMeasure(event.currentTarget.value as Measure)}
          >
            {measures.map((one) => (
              <option key={one} value={one}>
                {t(`usage.measure.${one}`)}
              </option>
            ))}
          </select>
          <select
            className="input filter-input w-auto"
            aria-label={t('usage.breakdownLabel')}
            value={breakdown}
            onChange={(event) => setBreakdown(event.currentTarget.value as Breakdown)}
          >
            {breakdowns.map((one) => (
              <option key={one} value={one}>
                {t(`usage.by.${one}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <UsageChart label={t(`usage.measure.${measure}`)} days={days} series={series} nameOf={nameOf} show={show} />
      <UsageTable report={report} breakdown={shown} nameOf={nameOf} />
    </section>
  )
}

type GroupName = (settings: Settings | undefined, id: string) => string | undefined

/** What the reader calls a group of the breakdown; its id where it has no other name. */
function useGroupNames() {
  const { t } = useTranslation()
  const said = useSaid()
  const names: Partial<Record<Breakdown, GroupName>> = {
    feature: (settings, id) => settings?.features.find((feature) => feature.id === id)?.title,
    provider: (settings, id) => settings?.providers.find((provider) => provider.id === id)?.name,
    keySource: (settings, id) => (id === 'platform' ? settings?.platform.aiName : t('source.own')),
    surface: (_settings, id) => said(`surface.${id.replace(/\W+/g, '_')}`),
  }
  return (settings: Settings | undefined, breakdown: Breakdown, id: string | null) =>
    id === null ? t('usage.none') : (names[breakdown]?.(settings, id) ?? id)
}
