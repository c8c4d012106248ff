import { useState } from 'react'
import type { SessionsPage as SessionsAnswer } from '../../../src/contract/index.ts'
import { useRevokeSession, useSessions } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { useInAddress } from '../shell/use-in-address.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { ShowMore } from '../ui/show-more.tsx'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'

type SessionRow = SessionsAnswer['items'][number]

const kinds = ['', 'operator', 'member'] as const

/** Who is signed in now, and the way to end it. */
export function SessionsPage() {
  const { t } = useTranslation()
  const [kind, setKind] = useInAddress('kind', kinds)
  const [ending, setEnding] = useState<SessionRow | null>(null)
  const sessions = useSessions(kind)
  const revoke = useRevokeSession()
  const rows = foldLinks(sessions.data?.pages.flatMap(({ items }) => items) ?? [])
  return (
    <>
      <PageHeader title={t('operator.sessions.title')} lead={t('operator.sessions.lead')}>
        <select
          className="input filter-input w-auto"
          aria-label={t('operator.sessions.kind')}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as typeof kind)}
        >
          {kinds.map((one) => (
            <option key={one} value={one}>
              {t(`operator.sessions.kinds.${one || 'all'}`)}
            </option>
          ))}
        </select>
      </PageHeader>
      {sessions.isPending && <Loading rows={5} />}
      {sessions.isError && !sessions.isFetchNextPageError && (
        <Failure error={sessions.error} retry={() => void sessions.refetch()} />
      )}
      {sessions.data && (
        <ul className="card rows">
          {rows.map((row) => (
            <SessionItem key={row.id} row={row} end={() => setEnding(row)} />
          ))}
          {rows.length === 0 && <Empty icon="lock" title={t('operator.sessions.empty')} />}
        </ul>
      )}
      <ShowMore list={sessions} />
      {ending && (
        <ConfirmDialog
          title={t('operator.sessions.endTitle', { who: ending.user.name ?? ending.user.id })}
          action={t('operator.sessions.end')}
          danger
          run={() => revoke(ending.id)}
          onClose={() => setEnding(null)}
        >
          <p>{t('operator.sessions.endLead')}</p>
        </ConfirmDialog>
      )}
    </>
  )
}

/** A session and what its link opened end together, so they are one to whoever looks. */
function foldLinks(rows: readonly SessionRow[]): SessionRow[] {
  const ids = new Set(rows.map(({ id }) => id))
  return rows
    .filter(({ parent }) => parent === null || !ids.has(parent))
    .map((row) => ({
      ...row,
      current: row.current || rows.some(({ parent, current }) => current && parent === row.id),
    }))
}

function SessionItem({ row, end }: { row: SessionRow; end(): void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const who = row.user.name ?? row.user.id
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 p-4 sm:px-5" data-session={row.id}>
      <div className="min-w-0 flex-1 basis-64">
        <h2 className="font-medium">
          <bdi>{who}</bdi>{' '}
          <span className="text-sm font-normal text-muted">· {t(`operator.sessions.roles.${row.user.role}`)}</span>
          {row.current && (
            <span className="ms-2 rounded-md bg-accent-soft px-2 py-0.5 text-xs font-medium text-accent-text">
              {t('operator.sessions.current')}
            </span>
          )}
        </h2>
        <p className="flex flex-wrap items-baseline gap-x-3 text-sm text-muted">
          {row.org && <code dir="ltr">{row.org}</code>}
          <span>{t('operator.sessions.since', { when: format.ago(row.createdAt) })}</span>
          <span>{t('operator.sessions.until', { when: row.expiresAt ? format.time(row.expiresAt) : '∞' })}</span>
        </p>
      </div>
      {!row.current && (
        <button type="button" className="button" onClick={end} aria-label={`${t('operator.sessions.end')}: ${who}`}>
          {t('operator.sessions.end')}
        </button>
      )}
    </li>
  )
}
