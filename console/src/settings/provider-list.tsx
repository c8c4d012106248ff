import { useId, useState } from 'react'
import type { SavedKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { KeyCard } from './key-card.tsx'
import { KeyForm } from './key-form.tsx'
import { featureTitles, isLanguageOnly, isPlaced, keyOf, openProviders, whyAbroad } from './key-of.ts'

/** Above so many, providers without a key are listed briefly and side by side. */
const few = 6

/** Every provider: a card for each key, then the ones that a key can be added for. */
export function ProviderList({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const titleId = useId()
  const [adding, setAdding] = useState<string | null>(null)
  const [saved, setSaved] = useState<SavedKey>()
  const providers = openProviders(settings)
  const held = providers.filter((provider) => keyOf(provider, settings.environment))
  const free = providers.filter((provider) => !keyOf(provider, settings.environment))
  const addable = settings.you.canManage ? free.filter(isPlaced) : []
  return (
    <section aria-labelledby={titleId} className="grid gap-4" data-testid="provider-list">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id={titleId} className="text-lg font-semibold">
          {t(isLanguageOnly(settings) ? 'providers.titleLlm' : 'providers.title')}
        </h2>
        {addable.length > 0 && (
          <button type="button" className="button button-primary" onClick={() => setAdding('')}>
            <Icon name="plus" /> {t('providers.add')}
          </button>
        )}
      </div>
      {held.map((provider) => {
        const current = keyOf(provider, settings.environment)
        if (!current) return null
        return <KeyCard key={current.id} {...{ settings, provider, current, saved }} onSaved={setSaved} />
      })}
      {free.length > 0 && (
        <ul
          className={
            free.length > few ? 'card grid gap-px overflow-hidden bg-line sm:grid-cols-2' : 'card rows overflow-hidden'
          }
        >
          {free.map((provider) => (
            <FreeProvider
              brief={free.length > few}
              key={provider.id}
              settings={settings}
              provider={provider}
              add={addable.includes(provider) ? () => setAdding(provider.id) : undefined}
            />
          ))}
        </ul>
      )}
      {adding !== null && (
        <AddKeyDialog
          settings={settings}
          free={addable}
          first={adding}
          onSaved={setSaved}
          onClose={() => setAdding(null)}
        />
      )}
    </section>
  )
}

interface FreeProviderProps {
  /** Among many, only the name and whether it serves. */
  brief: boolean
  settings: Settings
  provider: SettingsProvider
  add: (() => void) | undefined
}

function FreeProvider({ settings, provider, add, brief }: FreeProviderProps) {
  const { t } = useTranslation()
  const affects = featureTitles(settings, provider.affects)
  const aiName = settings.platform.aiName
  const served =
    settings.features.length > 0 ? provider.serves.some(({ source }) => source === 'platform') : provider.platformKey
  const state = !isPlaced(provider)
    ? whyAbroad(provider)
    : provider.policy === 'required'
      ? 'provider.required'
      : served
        ? 'provider.platform'
        : 'provider.nobody'
  return (
    <li
      className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 bg-surface p-4 sm:last:odd:col-span-2 sm:px-5"
      data-provider={provider.id}
    >
      <div className="min-w-0 flex-1 basis-40">
        <h3 className="font-medium">{provider.name}</h3>
        <p className="text-sm text-muted">
          {provider.description && <span className="block">{provider.description}</span>}
          {!brief && affects.length > 0 && t('provider.affects', { features: affects.join(', ') })}
        </p>
        <p className={`text-sm ${provider.policy === 'required' ? 'text-warn' : 'text-muted'}`}>
          {t(state, { aiName })}
        </p>
      </div>
      {add && (
        <button type="button" className="button" onClick={add} aria-label={`${t('provider.addKey')}: ${provider.name}`}>
          {t('provider.addKey')}
        </button>
      )}
    </li>
  )
}

interface AddKeyProps {
  settings: Settings
  free: readonly SettingsProvider[]
  first: string
  onSaved(saved: SavedKey): void
  onClose(): void
}

function AddKeyDialog({ settings, free, first, onSaved, onClose }: AddKeyProps) {
  const { t } = useTranslation()
  // The list as it was when the dialog opened: a refresh in the background must not change it under the reader.
  const [offered] = useState(free)
  const [chosen, setChosen] = useState(first || offered[0]?.id)
  const provider = offered.find(({ id }) => id === chosen)
  const done = (saved: SavedKey) => {
    onSaved(saved)
    onClose()
  }
  return (
    <Dialog title={t('providers.add')} onClose={onClose}>
      <div className="grid gap-5">
        <Field label={t('common.provider')}>
          {({ id }) => (
            <select
              id={id}
              {...(first ? {} : { 'data-first': '' })}
              className="input"
              value={chosen}
              onChange={(event) => setChosen(event.currentTarget.value)}
            >
              {offered.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        {provider && (
          <KeyForm
            key={provider.id}
            settings={settings}
            provider={provider}
            mode="key"
            onDone={done}
            onCancel={onClose}
          />
        )}
      </div>
    </Dialog>
  )
}

/** What is announced but cannot take a key yet. */
export function ComingProviders({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const coming = settings.providers.filter((provider) => provider.comingSoon)
  if (coming.length === 0) return null
  return (
    <ul className="grid gap-2" data-testid="coming">
      {coming.map((provider) => (
        <li
          key={provider.id}
          data-provider={provider.id}
          className="rounded-xl border border-dashed border-line-strong p-4 sm:px-5"
        >
          <div className="flex flex-wrap items-center justify-between gap-2">
            <h3 className="font-medium">{provider.name}</h3>
            <span className="rounded-full bg-sunken px-2 py-0.5 text-xs font-medium text-muted">
              {t('provider.coming')}
            </span>
          </div>
          <p className="text-sm text-muted">
            {provider.description && <span className="block">{provider.description}</span>}
            {provider.affects.length > 0 &&
              t('provider.willAffect', { features: featureTitles(settings, provider.affects).join(', ') })}
          </p>
        </li>
      ))}
    </ul>
  )
}
