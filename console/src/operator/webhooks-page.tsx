import type { WebhookDelivery, WebhookEndpoints } from '../../../src/contract/index.ts'
import { useDeliveries, useReplay, useWebhooks } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { useInAddress } from '../shell/use-in-address.ts'
import { ProblemNote } from '../ui/problem-note.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { ShowMore } from '../ui/show-more.tsx'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'

const states = ['', 'pending', 'delivered', 'dead'] as const
const tones = { pending: 'bg-sunken text-muted', delivered: 'bg-good-soft text-good', dead: 'bg-bad-soft text-bad' }

/** Where events go, what became of each, and the way to send one again. */
export function WebhooksPage() {
  const { t } = useTranslation()
  const endpoints = useWebhooks()
  const [state, setState] = useInAddress('state', states)
  return (
    <>
      <PageHeader title={t('operator.webhooks.title')} lead={t('operator.webhooks.lead')}>
        <select
          className="input filter-input w-auto"
          aria-label={t('operator.webhooks.state')}
          value={state}
          onChange={(event) => setState(event.currentTarget.value as typeof state)}
        >
          {states.map((one) => (
            <option key={one} value={one}>
              {t(`operator.webhooks.states.${one || 'all'}`)}
            </option>
          ))}
        </select>
      </PageHeader>
      {endpoints.isPending && <Loading rows={4} />}
      {endpoints.isError && <Failure error={endpoints.error} retry={() => void endpoints.refetch()} />}
      {endpoints.data?.items.length === 0 && (
        <div className="card">
          <Empty icon="route" title={t('operator.webhooks.none')}>
            {t('operator.webhooks.noneLead')}
          </Empty>
        </div>
      )}
      {endpoints.data && endpoints.data.items.length > 0 && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
          <Endpoints items={endpoints.data.items} />
          <Deliveries endpoints={endpoints.data.items} state={state} />
        </div>
      )}
    </>
  )
}

function Endpoints({ items }: WebhookEndpoints) {
  const { t } = useTranslation()
  const { dead } = useReplay()
  return (
    <ul className="card rows">
      {items.map((item) => (
        <li key={item.id} className="flex flex-wrap items-center justify-between gap-3 p-4 sm:px-5">
          <div className="min-w-0">
            <h2 className="font-medium">
              <code dir="ltr">{item.host}</code>
            </h2>
            <p className="text-sm text-muted">
              <code dir="ltr">{item.events.join(', ')}</code> ·{' '}
              {t('operator.webhooks.waiting', { pending: item.pending, dead: item.dead })}
            </p>
          </div>
          {item.dead > 0 && (
            <button
              type="button"
              className="button"
              aria-disabled={dead.isPending}
              onClick={() => dead.mutate(item.id)}
            >
              {t('operator.webhooks.replayDead')}
            </button>
          )}
        </li>
      ))}
      {dead.error && <ProblemNote error={dead.error} />}
    </ul>
  )
}

function Deliveries({ endpoints, state }: { endpoints: WebhookEndpoints['items']; state: string }) {
  const { t } = useTranslation()
  const deliveries = useDeliveries({ state: state || undefined })
  if (deliveries.isPending) return <Loading rows={4} />
  if (!deliveries.data || (deliveries.isError && !deliveries.isFetchNextPageError))
    return deliveries.error && <Failure error={deliveries.error} retry={() => void deliveries.refetch()} />
  const rows = deliveries.data.pages.flatMap(({ items }) => items)
  return (
    <div>
      <ul className="card rows">
        {rows.map((row) => (
          <Delivery
            key={row.id}
            row={row}
            host={endpoints.find(({ id }) => id === row.endpoint)?.host ?? row.endpoint}
          />
        ))}
        {rows.length === 0 && <Empty icon="route" title={t('operator.webhooks.empty')} />}
      </ul>
      <ShowMore list={deliveries} />
    </div>
  )
}

function Delivery({ row, host }: { row: WebhookDelivery; host: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { one } = useReplay()
  const outcome = row.lastStatus ?? row.lastError
  return (
    <li className="grid gap-2 p-4 sm:px-5" data-delivery={row.id} data-state={row.state}>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h3 className="flex flex-wrap items-center gap-2 font-medium">
            <code dir="ltr">{row.type}</code>
            <span className={`rounded-full px-2 py-0.5 text-xs font-medium ${tones[row.state]}`}>
              {t(`operator.webhooks.states.${row.state}`)}
            </span>
          </h3>
          <p className="flex flex-wrap items-baseline gap-x-3 text-sm text-muted">
            <code dir="ltr">{host}</code>
            {row.org && <code dir="ltr">{row.org}</code>}
            <time dateTime={row.createdAt}>{format.time(row.createdAt)}</time>
            <span>{t('operator.webhooks.attempts', { count: row.attempts })}</span>
            {outcome !== null && <code dir="ltr">{outcome}</code>}
            {row.nextAt && row.attempts > 0 && (
              <span>{t('operator.webhooks.next', { when: format.ago(row.nextAt) })}</span>
            )}
          </p>
        </div>
        {row.state !== 'pending' && (
          <button
            type="button"
            className="button"
            aria-disabled={one.isPending}
            onClick={() => one.mutate(row.id)}
            aria-label={`${t('operator.webhooks.replay')}: ${row.type}`}
          >
            {t('operator.webhooks.replay')}
          </button>
        )}
      </div>
      {one.error && <ProblemNote error={one.error} />}
      <details>
        <summary className="link w-fit text-sm">{t('operator.webhooks.payload')}</summary>
        <ScrollRegion label={t('operator.webhooks.payload')} className="mt-2 rounded-lg bg-sunken p-3">
          <pre dir="ltr" className="text-start text-sm">
            {JSON.stringify(row.payload, null, 2)}
          </pre>
        </ScrollRegion>
      </details>
    </li>
  )
}
