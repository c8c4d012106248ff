import { type ReactNode, useDeferredValue } from 'react'
import type { AuditRow, AuditSearchPage } from '../../../src/contract/index.ts'
import { useAudit } from '../api/log-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { useInAddress } from '../shell/use-in-address.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { FilterInput } from '../ui/filter-input.tsx'
import { useSaid } from '../ui/said.tsx'
import { ShowMore } from '../ui/show-more.tsx'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'

interface AuditViewProps {
  path: string
  /** Of the file that can be downloaded. */
  fileName: string
  /** Only this organization's rows. */
  org?: string | undefined
  /** Stands before the fields to search by action and person. */
  children?: ReactNode
}

/** An audit trail: who did what, when and from where, to be searched by action and person. */
export function AuditView({ path, fileName, org, children }: AuditViewProps) {
  const { t } = useTranslation()
  const [actor, setActor] = useInAddress('actor')
  const [action, setAction] = useInAddress('action')
  const query = useDeferredValue({
    org: org || undefined,
    actor: actor.trim() || undefined,
    action: action.trim() || undefined,
  })
  return (
    <>
      <PageHeader title={t('audit.title')} lead={t('audit.lead')}>
        {children}
        <FilterInput name={t('audit.action')} value={action} onChange={setAction} />
        <FilterInput name={t('audit.actor')} value={actor} onChange={setActor} />
        <CsvButton path={path} query={query} name={fileName} />
      </PageHeader>
      <AuditTrail path={path} query={query} />
    </>
  )
}

function AuditTrail({ path, query }: { path: string; query: Record<string, string | undefined> }) {
  const { t } = useTranslation()
  const audit = useAudit(path, query)
  if (audit.isPending) return <Loading rows={6} />
  if (!audit.data || (audit.isError && !audit.isFetchNextPageError))
    return audit.error && <Failure error={audit.error} retry={() => void audit.refetch()} />
  const rows = audit.data.pages.flatMap(({ items }) => items)
  return (
    <>
      <div className="card">
        {rows.length === 0 && (
          <Empty icon="lock" title={t(Object.values(query).some(Boolean) ? 'shell.nothingFound' : 'audit.empty')} />
        )}
        <ol className="rows">
          {rows.map((row) => (
            <Entry key={`${'org' in row ? row.org : ''} ${row.seq}`} row={row} />
          ))}
        </ol>
      </div>
      <ShowMore list={audit} />
    </>
  )
}

type EntryRow = AuditRow & Partial<Pick<AuditSearchPage['items'][number], 'org' | 'orgName'>>

function Entry({ row }: { row: EntryRow }) {
  const said = useSaid()
  const { t, has } = useTranslation()
  const format = useFormat()
  const actor = row.actor.name ?? said(`by.${row.actor.id}`) ?? row.actor.id
  const words = `audit.actions.${row.action.replace('.', '_')}`
  const facts = useFacts(row.detail)
  return (
    <li className="grid gap-x-6 gap-y-1 p-4 text-sm sm:grid-cols-[minmax(0,1fr)_fit-content(20rem)] sm:px-5">
      <p className="min-w-0">
        <bdi className="font-medium">{actor}</bdi> {has(words) && `${t(words)} `}
        <code dir="ltr" className={has(words) ? 'text-muted' : 'rounded bg-sunken px-1.5 py-0.5'}>
          {row.action}
        </code>{' '}
        {row.target && (
          <code dir="ltr" className="wrap-anywhere">
            {row.target}
          </code>
        )}
      </p>
      <p className="text-muted sm:text-end">
        {row.org !== undefined && (
          <>
            <bdi>{row.org === '' ? t('operator.platform') : (row.orgName ?? row.org)}</bdi> ·{' '}
          </>
        )}
        <time dateTime={row.at}>{format.time(row.at)}</time>
        {row.ip && (
          <>
            {' '}
            · <span dir="ltr">{row.ip}</span>
          </>
        )}
      </p>
      {facts.length > 0 && (
        <ul className="flex min-w-0 flex-wrap gap-x-4 text-muted sm:col-span-2">
          {facts.map(([name, value]) => (
            <li key={name} className="wrap-anywhere">
              {name}: <bdi>{value}</bdi>
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

type Detail = Readonly<Record<string, unknown>>

/** What an entry says beside who and what: names and values as the reader calls them, changes one by one. */
function useFacts(detail: Detail): [string, string][] {
  const { t, has } = useTranslation()
  const format = useFormat()
  const nameOf = (name: string) => (has(`audit.facts.${name}`) ? t(`audit.facts.${name}`) : name)
  const wordsOf = (name: string, value: unknown): string => {
    if (value === null || value === undefined || value === '') return '–'
    if (typeof value === 'boolean') return t(value ? 'audit.yes' : 'audit.no')
    if (typeof value === 'number') return format.whole(value)
    if (Array.isArray(value)) return value.map((one) => wordsOf(name, one)).join(', ') || '–'
    if (typeof value === 'object')
      return Object.entries(value)
        .map(([inner, one]) => `${nameOf(inner)}: ${wordsOf(inner, one)}`)
        .join(', ')
    const words = [`status.${value}.name`, `operator.sessions.roles.${value}`, `audit.values.${value}`].find(has)
    return words && worded.has(name) ? t(words) : String(value)
  }
  return Object.entries(detail)
    .flatMap(([name, value]): [string, string][] =>
      name === 'changes'
        ? Object.entries(value as Record<string, { from: unknown; to: unknown }>).map(([column, { from, to }]) => [
            nameOf(column),
            t('audit.change', { from: wordsOf(column, from), to: wordsOf(column, to) }),
          ])
        : [[nameOf(name), wordsOf(name, value)]],
    )
    .filter(([, words]) => words !== '–')
}

/** Facts whose values are words of Ownkey's own; a name that somebody gave is shown as it is. */
const worded = new Set(['status', 'role', 'holder', 'kind', 'scope'])
