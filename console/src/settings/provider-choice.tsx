import { useId, useState } from 'react'
import type { SavedKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { useActiveProvider, useRemoveKeys } from '../api/settings-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { KeyCard } from './key-card.tsx'
import { KeyForm } from './key-form.tsx'
import { isPlaced, keyOf, openProviders, whyAbroad } from './key-of.ts'

type Side = 'platform' | 'own'

/** The side that the reader pressed on, and what served at that moment. Once it has come true, it is no longer a wish. */
interface Wish {
  side: Side
  from: Side
}

/** One question: the platform's AI, or my own key? */
export function ProviderChoice({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const name = useId()
  const [wish, setWish] = useState<Wish | null>(null)
  const [leaving, setLeaving] = useState(false)
  const providers = openProviders(settings)
  const held = providers.filter((provider) => keyOf(provider, settings.environment))
  const serves = settings.choice === 'single' ? settings.activeProvider !== null : held.length > 0
  const mustOwn = providers.length > 0 && providers.every(({ policy }) => policy === 'required')
  const now: Side = serves || mustOwn ? 'own' : 'platform'
  const side = wish?.from === now ? wish.side : now
  const choose = (side: Side) => setWish({ side, from: now })
  const only = providers.length === 1 ? providers[0] : undefined
  const aiName = settings.platform.aiName
  const { canManage } = settings.you
  return (
    <section aria-labelledby={`${name}-title`} className="grid gap-4" data-testid="provider-choice">
      <h2 id={`${name}-title`} className="text-lg font-semibold">
        {t('choice.title')}
      </h2>
      <fieldset className="grid gap-2 sm:grid-cols-2" disabled={!canManage}>
        <legend className="sr-only">{t('choice.title')}</legend>
        <label className="choice">
          <input
            type="radio"
            name={name}
            checked={side === 'platform'}
            disabled={mustOwn}
            onChange={() => choose('platform')}
          />
          <span>
            <span className="font-medium">{aiName}</span>
            <span className="block text-sm text-muted">
              {t(mustOwn ? 'choice.platformNotOffered' : 'choice.platformLead')}
            </span>
          </span>
        </label>
        <label className="choice">
          <input type="radio" name={name} checked={side === 'own'} onChange={() => choose('own')} />
          <span>
            <span className="font-medium">
              {only ? t('choice.ownOne', { provider: only.name }) : t('choice.ownAny')}
            </span>
            <span className="block text-sm text-muted">{t('choice.ownLead')}</span>
          </span>
        </label>
      </fieldset>
      {side === 'platform' && now === 'own' && canManage && (
        <div className="card flex flex-wrap items-center justify-between gap-3 p-4">
          <p className="text-sm">{t('choice.unsaved', { aiName })}</p>
          <span className="flex gap-2">
            <button type="button" className="button button-quiet" onClick={() => setWish(null)}>
              {t('common.cancel')}
            </button>
            <button type="button" className="button button-primary" onClick={() => setLeaving(true)}>
              {t('common.save')}
            </button>
          </span>
        </div>
      )}
      {side === 'own' && (
        <OwnSide
          settings={settings}
          providers={providers}
          onCancel={now === 'platform' ? () => setWish(null) : undefined}
        />
      )}
      {leaving && <LeaveDialog settings={settings} held={held} onClose={() => setLeaving(false)} />}
    </section>
  )
}

interface OwnSideProps {
  settings: Settings
  providers: readonly SettingsProvider[]
  onCancel: (() => void) | undefined
}

/** The provider (a list where there are several), its key's card, or the form that asks for one. */
function OwnSide({ settings, providers, onCancel }: OwnSideProps) {
  const { t } = useTranslation()
  const activate = useActiveProvider()
  const active =
    providers.find((provider) => provider.active) ?? providers.find((provider) => keyOf(provider, settings.environment))
  const [chosen, setChosen] = useState<string | null>(null)
  const [saved, setSaved] = useState<SavedKey>()
  const provider = providers.find(({ id }) => id === chosen) ?? active ?? providers[0]
  if (!provider) return null
  const current = keyOf(provider, settings.environment)
  const several = settings.choice === 'single' && providers.length > 1
  return (
    <div className="grid gap-4">
      {several && (
        <Field label={t('common.provider')} hint={t('choice.serveAll')}>
          {({ id, describedBy }) => (
            <select
              id={id}
              aria-describedby={describedBy}
              className="input"
              value={provider.id}
              disabled={!settings.you.canManage}
              onChange={(event) => setChosen(event.currentTarget.value)}
            >
              {providers.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {several && current && !provider.active && provider.policy !== 'unavailable' && settings.you.canManage && (
        <div className="flex justify-end">
          <button
            type="button"
            className="button button-primary"
            aria-disabled={activate.isPending}
            onClick={() => activate.mutate({ provider: provider.id })}
          >
            {t('choice.useThis', { provider: provider.name })}
          </button>
        </div>
      )}
      {activate.error && <ProblemNote error={activate.error} />}
      {current ? (
        <KeyCard key={current.id} {...{ settings, provider, current, saved }} onSaved={setSaved} />
      ) : !isPlaced(provider) ? (
        <p className="card p-4 text-sm sm:px-5">{t(whyAbroad(provider))}</p>
      ) : (
        settings.you.canManage && (
          <div className="card p-4 sm:p-5">
            <KeyForm
              key={provider.id}
              settings={settings}
              provider={provider}
              mode="key"
              onDone={setSaved}
              {...(onCancel ? { onCancel } : {})}
            />
          </div>
        )
      )}
    </div>
  )
}

interface LeaveProps {
  settings: Settings
  held: readonly SettingsProvider[]
  onClose(): void
}

/** Back to the platform's AI: every own key of this environment is deleted. */
function LeaveDialog({ settings, held, onClose }: LeaveProps) {
  const { t } = useTranslation()
  const removeKeys = useRemoveKeys(settings.environment)
  const aiName = settings.platform.aiName
  // The one that serves goes last, so that no other of them serves meanwhile.
  const order = [...held].sort((a, b) => Number(a.active) - Number(b.active)).map(({ id }) => id)
  return (
    <ConfirmDialog
      title={t('choice.leaveTitle', { aiName })}
      action={t('choice.leaveAction', { aiName })}
      danger
      run={() => removeKeys(order)}
      onClose={onClose}
    >
      <p>
        {t('choice.leaveLead', {
          keys: held
            .map((provider) => `${provider.name} ${keyOf(provider, settings.environment)?.hint ?? ''}`)
            .join(', '),
        })}
      </p>
      <p>{t('without.platform', { aiName, provider: held.map((provider) => provider.name).join(', ') })}</p>
    </ConfirmDialog>
  )
}
