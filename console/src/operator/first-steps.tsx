import { type ReactNode, useId, useState } from 'react'
import type { Org } from '../../../src/contract/index.ts'
import { offeredBy, useConfig, useOperatorActions } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'

/** From an empty server to a first request in three steps. */
export function FirstSteps({ orgs, createOrg }: { orgs: readonly Org[]; createOrg(): void }) {
  const { t } = useTranslation()
  const titleId = useId()
  const config = useConfig()
  const { createToken } = useOperatorActions()
  const [chosen, setChosen] = useState<string>()
  const org = orgs.find(({ id }) => id === chosen) ?? orgs[0]
  const feature = config.data && offeredBy(config.data).features[0]?.id
  const request = firstRequest({ token: createToken.data?.token ?? 'okt_…', feature })
  return (
    <section aria-labelledby={titleId} className="card p-4 sm:p-5" data-testid="first-steps">
      <h2 id={titleId} className="font-semibold">
        {t('firstSteps.title')}
      </h2>
      <ol className="mt-4 grid grid-cols-[minmax(0,1fr)] gap-5">
        <Step number={1} done={orgs.length > 0} title={t('firstSteps.org')}>
          {org ? (
            <select
              className="input filter-input w-auto"
              aria-label={t('operator.orgs.title')}
              value={org.id}
              onChange={(event) => {
                setChosen(event.currentTarget.value)
                createToken.reset()
              }}
            >
              {orgs.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          ) : (
            <button type="button" className="button" onClick={createOrg}>
              {t('operator.orgs.new')}
            </button>
          )}
        </Step>
        <Step number={2} done={createToken.isSuccess} title={t('firstSteps.token')}>
          <p className="mb-2 text-sm text-muted">{t('firstSteps.tokenLead')}</p>
          {createToken.data ? (
            <div className="flex flex-wrap items-center gap-2 text-sm">
              <code dir="ltr" className="rounded bg-sunken px-1.5 py-0.5 break-all">
                {createToken.data.token}
              </code>
              <CopyButton text={createToken.data.token} what={t('firstSteps.token')} />
              <span>{t('firstSteps.once')}</span>
            </div>
          ) : (
            <button
              type="button"
              className="button"
              disabled={!org}
              aria-disabled={createToken.isPending}
              onClick={() => org && createToken.mutate({ kind: 'access', org: org.id, expiresIn: 86_400 })}
            >
              {t('firstSteps.createToken')}
            </button>
          )}
          {createToken.error && <ProblemNote error={createToken.error} className="mt-2" />}
        </Step>
        <Step number={3} done={false} title={t('firstSteps.request')}>
          <ScrollRegion label={t('firstSteps.request')} className="rounded-lg bg-sunken p-3">
            <pre dir="ltr" className="text-start text-sm">
              {request}
            </pre>
          </ScrollRegion>
          {createToken.data && (
            <div className="mt-2">
              <CopyButton text={request} what={t('firstSteps.request')} />
            </div>
          )}
        </Step>
      </ol>
    </section>
  )
}

function Step({
  number,
  done,
  title,
  children,
}: {
  number: number
  done: boolean
  title: string
  children: ReactNode
}) {
  return (
    <li className="flex gap-3">
      <span
        aria-hidden="true"
        className={`grid size-7 flex-none place-items-center rounded-full text-sm font-medium ${done ? 'bg-good-soft text-good' : 'bg-sunken text-muted'}`}
      >
        {done ? '✓' : number}
      </span>
      <div className="min-w-0 flex-1">
        <h3 className="mb-1.5 font-medium">{title}</h3>
        {children}
      </div>
    </li>
  )
}

interface RequestParts {
  token: string
  feature: string | undefined
}

function firstRequest({ token, feature }: RequestParts): string {
  return [
    `curl ${window.location.origin}/v1/chat/completions \\`,
    `  -H 'Authorization: Bearer ${token}' \\`,
    ...(feature ? [`  -H 'Ownkey-Feature: ${feature}' \\`] : []),
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"model":"auto","messages":[{"role":"user","content":"Say hello"}]}'`,
  ].join('\n')
}
