import { useId, useState } from 'react'
import type { Settings, SettingsFeature } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { HostName } from '../ui/host-name.tsx'
import { Said } from '../ui/said.tsx'
import { SourceChip } from '../ui/source-chip.tsx'
import { DecisionChain } from './decision-chain.tsx'
import { isComing, triableFeatures } from './key-of.ts'
import { TryOutDialog } from './try-out-dialog.tsx'

/** For each feature: whose key, which provider, where the data goes, and why. */
export function FeatureList({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const titleId = useId()
  return (
    <section aria-labelledby={titleId} className="grid gap-3" data-testid="features">
      <div>
        <h2 id={titleId} className="text-lg font-semibold">
          {t('features.title')}
        </h2>
        <p className="text-sm text-muted">{t('features.lead')}</p>
      </div>
      <ul className="card rows">
        {settings.features.map((feature) => (
          <FeatureRow key={feature.id} settings={settings} feature={feature} />
        ))}
      </ul>
    </section>
  )
}

function FeatureRow({ settings, feature }: { settings: Settings; feature: SettingsFeature }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const [trying, setTrying] = useState(false)
  const panel = useId()
  const [first, second] = feature.decision.attempts
  const aiName = settings.platform.aiName
  const { refusal } = feature.decision
  const coming = isComing(settings, feature)
  return (
    <li className="p-4 sm:px-5" data-feature={feature.id}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h3 className="flex flex-wrap items-center gap-2 font-medium">
            {feature.title}{' '}
            {coming ? (
              <span className="rounded-md bg-sunken px-2 py-0.5 text-xs font-medium text-muted">
                {t('provider.coming')}
              </span>
            ) : (
              <SourceChip source={first?.source ?? null} aiName={aiName} />
            )}
          </h3>
          {feature.description && <p className="text-sm text-muted">{feature.description}</p>}
          {first ? (
            <p className="text-sm text-muted">
              {first.providerName}
              {first.model && (
                <>
                  {' · '}
                  <code dir="ltr">{first.model}</code>
                </>
              )}
              {' · '}
              <HostName host={first.host} />
              {first.region && ` · ${t('features.region', { region: first.region })}`}
              {second && ` · ${t(second.source === 'platform' ? 'features.fallback' : 'features.next', { aiName })}`}
            </p>
          ) : (
            refusal &&
            !coming && (
              <p className="text-sm text-muted">
                <Said code={`error.${refusal.code}.message`} values={refusal.facts ?? {}}>
                  {refusal.reason}
                </Said>
              </p>
            )
          )}
        </div>
        <div className="-mx-2 flex flex-none gap-1">
          {settings.you.canManage && first && triableFeatures(settings).includes(feature) && (
            <button
              type="button"
              className="button button-quiet"
              onClick={() => setTrying(true)}
              aria-label={`${t('tryOut.title')}: ${feature.title}`}
            >
              {t('tryOut.title')}
            </button>
          )}
          <button
            type="button"
            className="button button-quiet"
            aria-expanded={open}
            aria-controls={panel}
            aria-label={t('features.whyFor', { feature: feature.title })}
            onClick={() => setOpen(!open)}
          >
            {t('features.why')}
          </button>
        </div>
      </div>
      <div id={panel} hidden={!open}>
        {open && <DecisionChain settings={settings} feature={feature} />}
      </div>
      {trying && <TryOutDialog settings={settings} feature={feature.id} onClose={() => setTrying(false)} />}
    </li>
  )
}
