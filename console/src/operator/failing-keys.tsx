import { Link } from 'wouter'
import type { Health } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { Said } from '../ui/said.tsx'
import { Empty } from '../ui/states.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { HealthSection } from './health-section.tsx'

/** Own keys that do not work now, whose they are and why. */
export function FailingKeys({ keys }: { keys: Health['failingKeys'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <HealthSection title={t('operator.health.failingKeys')}>
      {keys.length === 0 ? (
        <Empty icon="check" title={t('operator.health.noneFailing')} />
      ) : (
        <ul className="rows">
          {keys.map((key) => (
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
          ))}
        </ul>
      )}
    </HealthSection>
  )
}
