import { Fragment } from 'react'
import { Link } from 'wouter'
import type { Health } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { Said } from '../ui/said.tsx'
import { Empty } from '../ui/states.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { HealthSection } from './health-section.tsx'

type FailingKey = Health['failingKeys'][number]

/** So many keys of one provider and one cause are listed; the others are folded, and counted. */
const few = 3

/** Own keys that do not work now, whose they are and why. */
export function FailingKeys({ keys, more }: { keys: Health['failingKeys']; more: number }) {
  const { t } = useTranslation()
  const alike = new Map<string, FailingKey[]>()
  for (const key of keys) {
    const cause = `${key.provider} ${key.statusClass ?? key.status}`
    alike.set(cause, [...(alike.get(cause) ?? []), key])
  }
  return (
    <HealthSection title={t('operator.health.failingKeys')}>
      {keys.length === 0 ? (
        <Empty icon="check" title={t('operator.health.noneFailing')} />
      ) : (
        <ul className="rows">
          {[...alike].map(([cause, [...rest]]) => (
            <Fragment key={cause}>
              <KeyRows keys={rest.splice(0, few)} />
              {rest[0] && (
                <li data-folded={rest.length}>
                  <details>
                    <summary className="link mx-4 my-3 w-fit text-sm sm:mx-5">
                      {t('operator.health.moreFailing', {
                        count: rest.length,
                        provider: rest[0].name,
                        status: t(`status.${rest[0].status}.name`),
                      })}
                    </summary>
                    <ul className="rows border-t border-line">
                      <KeyRows keys={rest} />
                    </ul>
                  </details>
                </li>
              )}
            </Fragment>
          ))}
          {more > 0 && (
            <li className="px-4 py-3 text-sm sm:px-5" data-testid="beyond">
              {t('operator.health.beyond', { count: more })}{' '}
              <Link href="/operator?show=failing" className="link">
                {t('operator.health.toAll')}
              </Link>
            </li>
          )}
        </ul>
      )}
    </HealthSection>
  )
}

function KeyRows({ keys }: { keys: readonly FailingKey[] }) {
  const format = useFormat()
  return keys.map((key) => (
    <li
      key={`${key.org} ${key.user} ${key.provider} ${key.environment}`}
      className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 px-4 py-3 sm:px-5"
      data-failing={key.org}
    >
      <div className="min-w-0 flex-1 basis-64">
        <h3 className="font-medium">
          <Link href={`/operator/orgs/${encodeURIComponent(key.org)}/settings`} className="hover:underline">
            <bdi>{key.orgName}</bdi>
          </Link>{' '}
          <span className="font-normal text-muted">
            · {key.name} <code dir="ltr">{key.hint}</code>
          </span>
        </h3>
        <p className="text-sm text-muted">
          {key.reason && <Said code={`cause.${key.statusClass}.reason`}>{key.reason}</Said>}
          <span className="block">
            {[key.environment, key.user, format.ago(key.since)].filter(Boolean).join(' · ')}
          </span>
        </p>
      </div>
      <StatusBadge status={key.status} />
    </li>
  ))
}
