import { type ReactNode, useId, useState } from 'react'
import { Link } from 'wouter'
import type { Health } from '../../../src/contract/index.ts'
import { offeredBy, useConfig, useHealth } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { ServerText } from '../ui/server-text.tsx'
import { SourceChip } from '../ui/source-chip.tsx'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'

const ranges = [1, 24, 168, 720] as const

/** Which keys fail and why, what fallback costs, how fast providers are, who asks most. */
export function HealthPage() {
  const { t } = useTranslation()
  const [hours, setHours] = useState<number>(24)
  const health = useHealth(hours)
  return (
    <>
      <PageHeader title={t('operator.health.title')} lead={t('operator.health.lead')}>
        <select
          className="input filter-input w-auto"
          aria-label={t('usage.range')}
          value={hours}
          onChange={(event) => setHours(Number(event.currentTarget.value))}
        >
          {ranges.map((one) => (
            <option key={one} value={one}>
              {t(`operator.health.ranges.${one}`)}
            </option>
          ))}
        </select>
      </PageHeader>
      {health.isPending && <Loading rows={5} />}
      {health.isError && <Failure error={health.error} retry={() => void health.refetch()} />}
      {health.data && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-6" data-testid="health">
          <Totals health={health.data} />
          <FailingKeys keys={health.data.failingKeys} />
          <Providers health={health.data} />
          <Errors health={health.data} />
          <Busiest rows={health.data.organizations} />
        </div>
      )}
    </>
  )
}

function Totals({ health }: { health: Health }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { fallbacks } = health
  const share = (part: number) => (health.requests === 0 ? '–' : format.percent(part / health.requests))
  const costs = fallbacks.costs.map((cost) => format.money(cost.amount, cost.currency)).join(' + ')
  const tiles = [
    { name: t('usage.measure.requests'), value: format.whole(health.requests), note: '' },
    {
      name: t('operator.health.failed'),
      value: share(health.failed),
      note: t('operator.health.requests', { count: health.failed }),
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
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line lg:grid-cols-4">
      {tiles.map((tile) => (
        <div key={tile.name} className="bg-surface p-4">
          <dt className="text-sm text-muted">{tile.name}</dt>
          <dd>
            <span className="block text-xl font-semibold tabular-nums">{tile.value}</span>
            <span className="text-sm text-muted">{tile.note}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Section({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className="card" aria-labelledby={id}>
      <header className="px-4 pt-4 pb-2 sm:px-5">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {note && <p className="text-sm text-muted">{note}</p>}
      </header>
      {children}
    </section>
  )
}

function FailingKeys({ keys }: { keys: Health['failingKeys'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <Section title={t('operator.health.failingKeys')}>
      {keys.length === 0 ? (
        <Empty icon="check" title={t('operator.health.noneFailing')} />
      ) : (
        <ul className="divide-y divide-line">
          {keys.map((key) => (
            <li
              key={`${key.org} ${key.user} ${key.provider} ${key.environment}`}
              className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 px-4 py-3 sm:px-5"
              data-failing={key.org}
            >
              <div className="min-w-0 flex-1 basis-64">
                <h3 className="font-medium">
                  <Link href={`/operator/orgs/${encodeURIComponent(key.org)}/settings`} className="hover:underline">
                    {key.orgName}
                  </Link>{' '}
                  <span className="font-normal text-muted">
                    · {key.name} <code dir="ltr">{key.hint}</code>
                  </span>
                </h3>
                <p className="text-sm text-muted">
                  {key.reason && <ServerText>{key.reason}</ServerText>}
                  <span className="block">
                    {[key.environment, key.user, format.ago(key.since)].filter(Boolean).join(' · ')}
                  </span>
                </p>
              </div>
              <StatusBadge status={key.status} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Providers({ health }: { health: Health }) {
  const { t } = useTranslation()
  const format = useFormat()
  const aiName = useAiName()
  if (health.providers.length === 0) return null
  const ms = (value: number | undefined) =>
    value === undefined ? '–' : t('common.milliseconds', { value: format.whole(value) })
  return (
    <Section
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
                <td className="number">{row.requests > 0 ? format.percent(row.failed / row.requests) : '–'}</td>
                <td className="number">{ms(row.firstByte?.p50)}</td>
                <td className="number">{ms(row.firstByte?.p95)}</td>
                <td className="number">{ms(row.duration?.p50)}</td>
                <td className="number">{ms(row.duration?.p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Section>
  )
}

function Errors({ health }: { health: Health }) {
  const { t } = useTranslation()
  const format = useFormat()
  const aiName = useAiName()
  const most = Math.max(1, ...health.errors.map(({ requests }) => requests))
  if (health.errors.length === 0) return null
  return (
    <Section title={t('operator.health.errors')}>
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
              <span className="text-muted tabular-nums">{format.whole(row.requests)}</span>
            </div>
            <svg
              aria-hidden="true"
              className="mt-1 block h-1.5 w-full rounded-full bg-sunken"
              viewBox="0 0 100 1"
              preserveAspectRatio="none"
            >
              <rect width={(row.requests / most) * 100} height="1" className="fill-warn" />
            </svg>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Busiest({ rows }: { rows: Health['organizations'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (rows.length === 0) return null
  return (
    <Section title={t('operator.health.busiest')}>
      <ScrollRegion label={t('operator.health.busiest')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('operator.organization')}</th>
              {(['requests', 'failed', 'fellBack', 'credits'] as const).map((name) => (
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
                    {row.name ?? row.org}
                  </Link>
                </th>
                {[row.requests, row.failed, row.fallbacks, row.credits].map((amount, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the columns never change places
                  <td key={column} className="number">
                    {format.whole(amount)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Section>
  )
}

function useAiName(): string {
  const config = useConfig()
  return config.data ? offeredBy(config.data).platform.aiName : ''
}
