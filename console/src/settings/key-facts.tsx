import type { ReactNode } from 'react'
import type { MaskedKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { HostName } from '../ui/host-name.tsx'
import { useSaid } from '../ui/said.tsx'

interface KeyFactsProps {
  settings: Settings
  provider: SettingsProvider
  current: MaskedKey
}

/** What is known of a key, in pairs. */
export function KeyFacts({ settings, current }: KeyFactsProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const said = useSaid()
  const narrower = settings.scopes.filter(({ id }) => id !== 'all')
  const scope = narrower.find(({ id }) => id === current.scope)?.title ?? t('keyForm.scopeAll')
  const who =
    current.updatedBy === settings.you.id ? t('key.you') : (said(`by.${current.updatedBy}`) ?? current.updatedBy)
  const moment = (time: string | null | undefined) =>
    time ? (
      <time dateTime={time} title={format.time(time)}>
        {format.ago(time)}
      </time>
    ) : (
      t('key.never')
    )
  const rotation = current.rotation === 'overdue' ? 'text-bad' : current.rotation === 'due_soon' ? 'text-warn' : ''
  const facts: [string, ReactNode][] = [
    [
      t('keyForm.model'),
      settings.modelChoice === 'feature'
        ? t('key.modelByTask')
        : current.model && <code dir="ltr">{current.model}</code>,
    ],
    [t('keyForm.scope'), narrower.length > 0 && scope],
    [t('key.host'), <HostName key="host" host={current.host} />],
    [t('keyForm.region'), current.region],
    [t('common.environment'), settings.environments.length > 1 && current.environment],
    [t('key.lastTest'), moment(current.lastTest?.at)],
    [t('key.lastUsed'), moment(current.lastUsedAt)],
    [t('keyForm.owner'), current.owner && <bdi>{current.owner}</bdi>],
    [
      t('keyForm.rotateBy'),
      current.rotateBy && (
        <span className={rotation}>
          {format.day(current.rotateBy)}
          {rotation && ` · ${t(`key.rotation.${current.rotation}`)}`}
        </span>
      ),
    ],
    // Who added a key may have nothing to do with the one that it was replaced with.
    [
      t(current.updatedAt === current.createdAt ? 'key.added' : 'key.changed'),
      t('key.addedBy', { when: format.dayOf(current.updatedAt), who }),
    ],
  ]
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm sm:grid-cols-3">
      {facts.map(([name, value]) =>
        value ? (
          <div key={name} className="min-w-0">
            <dt className="text-muted">{name}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  )
}
