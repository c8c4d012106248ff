import type { AllRequestsPage, RequestRow } from '../../../src/contract/index.ts'
import type { useRequests } from '../api/log-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { HostName } from '../ui/host-name.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { ShowMore } from '../ui/show-more.tsx'
import { SourceChip } from '../ui/source-chip.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { tokensOf } from './measures.ts'

interface RequestLogProps {
  requests: ReturnType<typeof useRequests>
  aiName: string
  features: readonly { id: string; title: string }[]
  /** Rows are of many organizations, and name theirs. */
  showOrg?: boolean
  /** Only some of the requests are asked for. */
  filtered: boolean
}

export function RequestLog({ requests, aiName, features, showOrg = false, filtered }: RequestLogProps) {
  const { t } = useTranslation()
  if (requests.isPending) return <Loading rows={6} />
  if (!requests.data || (requests.isError && !requests.isFetchNextPageError))
    return requests.error && <Failure error={requests.error} retry={() => void requests.refetch()} />
  const rows = requests.data.pages.flatMap(({ items }) => items)
  const priced = rows.some(({ credits }) => credits > 0)
  if (rows.length === 0) {
    return (
      <div className="card">
        <Empty icon="route" title={t(filtered ? 'shell.nothingFound' : 'requests.empty')}>
          {!filtered && t('requests.emptyLead')}
        </Empty>
      </div>
    )
  }
  return (
    <>
      <ScrollRegion className="card " label={t('requests.title')}>
        <table className="table table-stack">
          <thead>
            <tr>
              <th scope="col">{t('requests.when')}</th>
              <th scope="col">{t('requests.result')}</th>
              <th scope="col">{t('common.feature')}</th>
              <th scope="col">{t('requests.servedBy')}</th>
              <th scope="col" className="number">
                {t('usage.measure.tokens')}
              </th>
              <th scope="col" className="number">
                {t('requests.cost')}
              </th>
              {priced && (
                <th scope="col" className="number">
                  {t('usage.measure.credits')}
                </th>
              )}
              <th scope="col" className="number">
                {t('requests.duration')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                priced={priced}
                showOrg={showOrg}
                key={row.id}
                row={row}
                aiName={aiName}
                feature={features.find(({ id }) => id === row.feature)?.title ?? row.feature}
              />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <ShowMore list={requests} />
    </>
  )
}

/** A name without an end breaks, and pushes no other column out of sight. */
const breaking = 'wrap-anywhere sm:min-w-32'
/** Wide enough for the longest part of a host's name, where it has only this column. */
const served = 'whole wrap-anywhere sm:min-w-42'

interface RowProps {
  row: RequestRow & Partial<Pick<AllRequestsPage['items'][number], 'org' | 'orgName'>>
  aiName: string
  feature: string | null
  /** Some request cost credits, so that there is a column for them. */
  priced: boolean
  showOrg: boolean
}

function Row({ row, aiName, feature, priced, showOrg }: RowProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const tokens = tokensOf({ inputTokens: row.inputTokens ?? 0, outputTokens: row.outputTokens ?? 0 })
  return (
    <tr>
      <td>
        <time dateTime={row.startedAt} className="sm:whitespace-nowrap">
          {format.time(row.startedAt)}
        </time>
        <code dir="ltr" className="block max-w-32 truncate text-xs text-muted" title={row.requestId}>
          {row.requestId}
        </code>
      </td>
      <td>
        <Result row={row} />
        {row.fallbackClass && (
          <span className="block text-xs text-warn">
            {t('requests.after', { error: t(`errorClass.${row.fallbackClass}`) })}
          </span>
        )}
      </td>
      <td className={`whole ${breaking}`}>
        {feature ?? '–'}
        {showOrg && (
          <span className="block text-xs text-muted" title={row.org}>
            <bdi>{row.orgName ?? row.org}</bdi>
          </span>
        )}
        {row.user && <span className="block text-xs text-muted">{row.user}</span>}
      </td>
      <td className={served}>
        <SourceChip
          source={row.keySource}
          aiName={aiName}
          {...(showOrg ? { own: t('operator.health.ownKeys') } : {})}
        />
        <code dir="ltr" className="block text-xs text-muted">
          {row.model ?? row.provider}
        </code>
        <span className="block max-w-44 text-xs text-muted" title={row.region ?? undefined}>
          <HostName host={row.host} />
        </span>
      </td>
      <td className="number" data-label={t('usage.measure.tokens')}>
        {tokens > 0
          ? `${row.estimated ? '≈ ' : ''}${format.whole(tokens)}`
          : row.characters
            ? t('requests.characters', { count: row.characters })
            : '–'}
      </td>
      <td className="number" data-label={t('requests.cost')}>
        {row.cost ? format.money(row.cost.amount, row.cost.currency) : '–'}
      </td>
      {priced && (
        <td className="number" data-label={t('usage.measure.credits')}>
          {format.whole(row.credits)}
        </td>
      )}
      <td className="number" data-label={t('requests.duration')}>
        {row.durationMs === null ? '–' : t('common.milliseconds', { value: format.whole(row.durationMs) })}
      </td>
    </tr>
  )
}

function Result({ row }: { row: RequestRow }) {
  const { t } = useTranslation()
  if (row.state === 'reserved') return <span className="text-muted">{t('requests.running')}</span>
  if (row.errorClass) {
    return (
      <span className="text-bad">
        {t(`errorClass.${row.errorClass}`)} {row.status && <span className="text-muted">({row.status})</span>}
      </span>
    )
  }
  return <span className="text-good">{row.status ?? t('requests.outcomes.succeeded')}</span>
}
