import { useState } from 'react'
import type { MaskedKey, SavedKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { useKeyActions, useSlotTest } from '../api/settings-queries.ts'
import { useAct } from '../api/use-act.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Said, useSaid } from '../ui/said.tsx'
import { StatusBadge, statusLooks } from '../ui/status-badge.tsx'
import { FallbackChoice } from './fallback-choice.tsx'
import { type KeyDialogName, KeyDialogs } from './key-dialogs.tsx'
import { KeyFacts } from './key-facts.tsx'
import { badgeOf, barOf, featureTitles, servedBy, triableFeatures } from './key-of.ts'
import { remarksOnSaved } from './remarks-of.ts'
import { RestoreLine } from './restore-line.tsx'
import { TestReport } from './test-report.tsx'

interface SlotProps {
  settings: Settings
  provider: SettingsProvider
  current: MaskedKey
}

interface KeyCardProps extends SlotProps {
  /** The key that was saved last on this page. */
  saved: SavedKey | undefined
  onSaved(saved: SavedKey): void
}

/** One saved key: how it is, what it does, and what can be done with it. */
export function KeyCard({ settings, provider, current, saved, onSaved }: KeyCardProps) {
  const { t } = useTranslation()
  const [dialog, setDialog] = useState<KeyDialogName | null>(null)
  const actions = useKeyActions({ provider: provider.id, environment: current.environment })
  const test = useSlotTest({ provider: provider.id, environment: current.environment }, { saved: true })
  const enable = useAct({ mutationFn: actions.enable })
  const { canManage } = settings.you
  const active = current.state === 'active'
  const bar = barOf(provider, current)
  // What is left to do with the key of a provider that the plan no longer offers is to remove it.
  const offered = bar !== 'notOffered'
  const opened: KeyDialogName[] = [
    ...(triableFeatures(settings, provider).length > 0 ? (['try'] as const) : []),
    'replace',
    'edit',
  ]
  const served = featureTitles(settings, servedBy(settings, provider))
  return (
    <article
      id={current.id}
      className="card scroll-mt-4"
      tabIndex={-1}
      aria-label={provider.name}
      data-provider={provider.id}
      data-testid="key-card"
    >
      <div className="grid gap-4 p-4 sm:p-5">
        <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
          <div className="min-w-0">
            <h3 className="text-lg font-semibold">{provider.name}</h3>
            <p className="text-sm text-muted">
              <code dir="ltr" className="text-ink">
                {current.hint}
              </code>
              {current.label && (
                <>
                  {' · '}
                  <bdi>{current.label}</bdi>
                </>
              )}
            </p>
          </div>
          <StatusBadge status={badgeOf(current)} />
        </header>
        {(provider.description || served.length > 0) && (
          <p className="text-sm text-muted">
            {provider.description && <span className="block">{provider.description}</span>}
            {served.length > 0 && t('provider.affects', { features: served.join(', ') })}
          </p>
        )}
        <StatusCause current={current} bar={bar} />
        {remarksOnSaved(saved, current).map(({ text, noted }) => (
          <p
            key={text}
            role="status"
            className={`rounded-lg p-3 text-sm ${noted?.code === 'spaces_removed' ? 'bg-sunken' : 'bg-warn-soft'}`}
            data-remark={noted?.code}
          >
            <Said code={`remark.${noted?.code}`} values={noted?.facts ?? {}}>
              {text}
            </Said>
          </p>
        ))}
        {offered && <FallbackSwitch settings={settings} provider={provider} current={current} />}
        <KeyFacts settings={settings} provider={provider} current={current} />
        {canManage && <RestoreLine provider={provider} current={current} />}
        {(test.isPending || test.data) && (
          <TestReport test={test.data} checks={test.checks} pending={test.isPending} provider={provider.name} />
        )}
        {test.error && <ProblemNote error={test.error} />}
        {enable.error && <ProblemNote error={enable.error} />}
      </div>
      {canManage && (
        <footer className="flex flex-wrap gap-1 border-t border-line px-2.5 py-2 sm:px-3.5">
          {offered && (
            <>
              <button
                type="button"
                className="button button-quiet"
                onClick={() => test.isPending || test.run()}
                aria-disabled={test.isPending}
              >
                {t('test.key')}
              </button>
              {opened.map((name) => (
                <button key={name} type="button" className="button button-quiet" onClick={() => setDialog(name)}>
                  {t(name === 'try' ? 'tryOut.title' : `key.${name}`)}
                </button>
              ))}
            </>
          )}
          {/* One button that changes its name, so that the focus stays on it. */}
          <button
            type="button"
            className="button button-quiet"
            onClick={() => (active ? setDialog('disable') : enable.mutate())}
            disabled={!active && bar !== undefined}
            aria-disabled={enable.isPending}
          >
            {t(active ? 'key.disable' : 'key.enable')}
          </button>
          <button
            type="button"
            className="button button-quiet text-bad hover:text-bad"
            onClick={() => setDialog('remove')}
          >
            {t('key.remove')}
          </button>
        </footer>
      )}
      <KeyDialogs
        name={dialog}
        close={() => setDialog(null)}
        settings={settings}
        provider={provider}
        current={current}
        onSaved={onSaved}
      />
    </article>
  )
}

/** Why the badge says what it says, and what mends it. */
function StatusCause({ current, bar }: { current: MaskedKey; bar: ReturnType<typeof barOf> }) {
  const { t } = useTranslation()
  const said = useSaid()
  const status = badgeOf(current)
  if (status === 'valid' && !bar) return null
  const known = status === 'disabled' ? null : current
  const cause = `cause.${known?.statusCause ?? known?.statusClass}`
  return (
    <div
      className={`rounded-lg p-3 text-sm ${bar ? 'bg-warn-soft' : statusLooks[status].tone}`}
      data-testid="status-cause"
    >
      <p className="font-medium">
        {known?.statusReason ? <Said code={`${cause}.reason`}>{known.statusReason}</Said> : t(`status.${status}.cause`)}
      </p>
      {known?.lastTest?.missing && said('cause.lacks') && <p>{said('cause.lacks', known.lastTest)}</p>}
      <p className="mt-0.5">
        {known?.statusFix && !bar ? (
          <Said code={`${cause}.fix`}>{known.statusFix}</Said>
        ) : (
          t(`status.${bar ?? status}.fix`)
        )}
      </p>
    </div>
  )
}

/** Turned at once, and shown turned only when the server has done it. */
function FallbackSwitch({ settings, provider, current }: SlotProps) {
  const actions = useKeyActions({ provider: provider.id, environment: current.environment })
  const turn = useAct({ mutationFn: (fallback: boolean) => actions.change({ fallback }) })
  return (
    <div className="grid gap-2">
      <FallbackChoice
        settings={settings}
        provider={provider}
        on={current.fallback}
        turn={turn.mutate}
        pending={turn.isPending}
      />
      {turn.error && <ProblemNote error={turn.error} />}
    </div>
  )
}
