import { Link } from 'wouter'
import type { Health } from '../../../src/contract/index.ts'
import { offeredBy, useConfig } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { SourceChip } from '../ui/source-chip.tsx'
import { failedRequests } from '../usage/measures.ts'
import { HealthSection } from './health-section.tsx'
import { percent } from './percent.ts'

/** How much each provider was asked and how fast it answers, by whose key. */
export function ProviderTimes({ health }: { health: Health }) {
  const { t, locale } = useTranslation()
  const format = useFormat()
  const aiName = useAiName()
  if (health.providers.length === 0) return null
  const ms = (value: number | undefined) =>
    value === undefined ? '–' : t('common.milliseconds', { value: format.whole(value) })
  return (
    <HealthSection
      title={t('operator.health.providers')}
      note={t('operator.health.measured', { count: health.measured, shown: format.whole(health.measured) })}
    >
      <ScrollRegion label={t('operator.health.providers')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('common.provider')}</th>
              <th scope="col">{t('usage.by.keySource')}</th>
              {(['requests', 'failed', 'firstP50', 'firstP95', 'p50', 'p95'] as const).map((name) => (
                <th key={name} scope="col" className="number">
                  {t(`operator.health.columns.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {health.providers.map((row) => (
              <tr key={`${row.provider} ${row.keySource}`} data-provider={row.provider}>
                <th scope="row" className="font-medium text-ink">
                  {row.name}
                </th>
                <td>
                  <SourceChip source={row.keySource} aiName={aiName} own={t('operator.health.ownKeys')} />
                </td>
                <td className="number">{format.whole(row.requests)}</td>
                <td className="number">{row.requests > 0 ? percent(row.failed / row.requests, locale) : '–'}</td>
                <td className="number">{ms(row.firstByte?.p50)}</td>
                <td className="number">{ms(row.firstByte?.p95)}</td>
                <td className="number">{ms(row.duration?.p50)}</td>
                <td className="number">{ms(row.duration?.p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </HealthSection>
  )
}

/** Failures by class, the most frequent longest. */
export function ErrorBars({ health }: { health: Health }) {
  const { t } = useTranslation()
  const format = useFormat()
  const aiName = useAiName()
  const most = Math.max(1, ...health.errors.map(({ requests }) => requests))
  if (health.errors.length === 0) return null
  return (
    <HealthSection title={t('operator.health.errors')}>
      <ul className="grid gap-3 px-4 pt-1 pb-4 sm:px-5">
        {health.errors.map((row) => (
          <li key={`${row.errorClass} ${row.keySource}`} className="text-sm">
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <span>
                {t(`errorClass.${row.errorClass}`)}{' '}
                <span className="text-muted">
                  · {row.keySource === 'platform' ? aiName : t('operator.health.ownKeys')}
                </span>
              </span>
              <span className="text-muted figures">{format.whole(row.requests)}</span>
            </div>
            <svg
              aria-hidden="true"
              className="mt-1 block h-1.5 w-full rounded-full bg-sunken"
              viewBox="0 0 100 1"
              preserveAspectRatio="none"
            >
              <rect width={(row.requests / most) * 100} height="1" className="fill-warn opacity-60" />
            </svg>
          </li>
        ))}
      </ul>
    </HealthSection>
  )
}

type Busy = Health['organizations'][number]

/** Columns by the name of their heading, and what stands in them. */
const amounts: readonly [string, (row: Busy) => number][] = [
  ['requests', (row) => row.requests],
  ['failed', failedRequests],
  ['fellBack', (row) => row.fallbacks],
  ['credits', (row) => row.credits],
]

/** Who asks most. */
export function BusiestOrgs({ rows }: { rows: Health['organizations'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (rows.length === 0) return null
  return (
    <HealthSection title={t('operator.health.busiest')}>
      <ScrollRegion label={t('operator.health.busiest')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('operator.organization')}</th>
              {amounts.map(([name]) => (
                <th key={name} scope="col" className="number">
                  {t(`operator.health.columns.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.org} data-org={row.org}>
                <th scope="row" className="font-medium text-ink">
                  <Link href={`/operator/orgs/${encodeURIComponent(row.org)}/usage`} className="hover:underline">
                    <bdi>{row.name ?? row.org}</bdi>
                  </Link>
                </th>
                {amounts.map(([name, amountIn]) => (
                  <td key={name} className="number">
                    {format.whole(amountIn(row))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </HealthSection>
  )
}

function useAiName(): string {
  const config = useConfig()
  return config.data ? offeredBy(config.data).platform.aiName : ''
}
