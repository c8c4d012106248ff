import { useDeferredValue, useState } from 'react'
import { Link } from 'wouter'
import type { OrgsPage as OrgsAnswer } from '../../../src/contract/index.ts'
import { offeredBy, useConfig, useOrgs } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { useInAddress } from '../shell/use-in-address.ts'
import { Icon } from '../ui/icon.tsx'
import { Searching } from '../ui/searching.tsx'
import { ShowMore } from '../ui/show-more.tsx'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'
import { CreditsDialog } from './credits-dialog.tsx'
import { FirstSteps } from './first-steps.tsx'
import { OrgDialog } from './org-dialog.tsx'

type OrgRow = OrgsAnswer['items'][number]
/** What the list can be cut down to. */
const shows = ['', 'failing'] as const

type Open = { kind: 'new' } | { kind: 'edit' | 'credits'; org: OrgRow }

/** Every organization: how it stands, and the way to its pages. */
export function OrgsPage() {
  const { t } = useTranslation()
  const [search, setSearch] = useInAddress('search')
  const [show, setShow] = useInAddress('show', shows)
  const orgs = useOrgs(useDeferredValue(search.trim()), show === 'failing' ? { failing: 'true' } : {})
  const isPart = search !== '' || show !== ''
  const [open, setOpen] = useState<Open | null>(null)
  const rows = orgs.data?.pages.flatMap(({ items }) => items) ?? []
  const close = () => setOpen(null)
  return (
    <>
      <PageHeader title={t('operator.orgs.title')} lead={t('operator.orgs.lead')}>
        <input
          type="search"
          dir="auto"
          className="input filter-input w-48"
          aria-label={t('operator.orgs.search')}
          placeholder={t('operator.orgs.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <select
          className="input filter-input w-auto"
          aria-label={t('operator.orgs.show')}
          value={show}
          onChange={(event) => setShow(event.currentTarget.value as typeof show)}
        >
          {shows.map((one) => (
            <option key={one} value={one}>
              {t(`operator.orgs.shows.${one || 'all'}`)}
            </option>
          ))}
        </select>
        <button type="button" className="button button-primary" onClick={() => setOpen({ kind: 'new' })}>
          <Icon name="plus" /> {t('operator.orgs.new')}
        </button>
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
        {orgs.isPending && <Loading rows={5} />}
        {orgs.isError && !orgs.isFetchNextPageError && <Failure error={orgs.error} retry={() => void orgs.refetch()} />}
        {orgs.isSuccess && !orgs.isPlaceholderData && rows.length === 0 && (
          <div className="card">
            <Empty icon="info" title={t(isPart ? 'shell.nothingFound' : 'operator.orgs.empty')}>
              {!isPart && t('operator.orgs.emptyLead')}
            </Empty>
          </div>
        )}
        <Searching on={orgs.isPlaceholderData}>
          {rows.length > 0 && (
            <ul className="card rows">
              {rows.map((org) => (
                <OrgItem key={org.id} org={org} open={setOpen} />
              ))}
            </ul>
          )}
        </Searching>
        {!orgs.isPlaceholderData && <ShowMore list={orgs} />}
        {orgs.isSuccess && !isPart && <FirstSteps orgs={rows} createOrg={() => setOpen({ kind: 'new' })} />}
      </div>
      {open?.kind === 'new' && <OrgDialog onClose={close} />}
      {open?.kind === 'edit' && <OrgDialog org={open.org} onClose={close} />}
      {open?.kind === 'credits' && <CreditsDialog org={open.org} onClose={close} />}
    </>
  )
}

function OrgItem({ org, open }: { org: OrgRow; open(what: Open): void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const config = useConfig()
  const planGone = config.data && !offeredBy(config.data).plans.some(({ id }) => id === org.plan)
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 p-4 sm:px-5" data-org={org.id}>
      <div className="min-w-0 flex-1 basis-64">
        <h2 className="font-medium">
          <Link href={`/operator/orgs/${encodeURIComponent(org.id)}/settings`} className="hover:underline">
            <bdi>{org.name}</bdi>
          </Link>{' '}
          <code className="text-sm font-normal text-muted" dir="ltr">
            {org.id}
          </code>
        </h2>
        <p className="flex flex-wrap gap-x-3 text-sm text-muted">
          <span>{[org.plan, ...org.addOns].join(' + ')}</span>
          {planGone ? (
            <span className="text-bad">{t('operator.orgs.planGone')}</span>
          ) : (
            <span>{t(org.byok ? 'operator.orgs.byokOn' : 'operator.orgs.byokOff')}</span>
          )}
          <span>{t('operator.orgs.keys', { count: org.keys })}</span>
          {org.failingKeys > 0 && (
            <span className="text-bad">{t('operator.orgs.failing', { count: org.failingKeys })}</span>
          )}
          {org.notices > 0 && <span className="text-warn">{t('operator.orgs.notices', { count: org.notices })}</span>}
          <span>{t('operator.orgs.balance', { count: org.balance, balance: format.whole(org.balance) })}</span>
        </p>
      </div>
      <div className="-mx-2 flex flex-wrap gap-1">
        <button
          type="button"
          className="button button-quiet"
          aria-label={`${t('key.edit')}: ${org.name}`}
          onClick={() => open({ kind: 'edit', org })}
        >
          {t('key.edit')}
        </button>
        <button
          type="button"
          className="button button-quiet"
          aria-label={`${t('operator.credits.title')}: ${org.name}`}
          onClick={() => open({ kind: 'credits', org })}
        >
          {t('operator.credits.title')}
        </button>
        <Link
          href={`/operator/orgs/${encodeURIComponent(org.id)}/settings`}
          className="button"
          aria-label={`${t('operator.orgs.open')}: ${org.name}`}
        >
          {t('operator.orgs.open')}
        </Link>
      </div>
    </li>
  )
}
