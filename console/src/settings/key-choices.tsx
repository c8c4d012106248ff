import { useId } from 'react'
import type { Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Field } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { useSaid } from '../ui/said.tsx'
import { type KeyChoices, regionsOf } from './key-draft.ts'
import { featureTitles } from './key-of.ts'

interface PartProps {
  settings: Settings
  provider: SettingsProvider
  choices: KeyChoices
  change(part: Partial<KeyChoices>): void
}

/** Which model the key is used with: the offered ones with their hints, the refused ones with the reason. */
export function ModelChoice({ settings, provider, choices, change }: PartProps) {
  const { t } = useTranslation()
  const said = useSaid()
  const name = useId()
  if (settings.modelChoice === 'feature') return <p className="text-sm text-muted">{t('keyForm.modelByTask')}</p>
  if (provider.models.length === 0 && !provider.otherModels) return null
  const long = provider.models.length > 6
  const other = provider.otherModels && !provider.models.some(({ id }) => id === choices.model)
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">{t('keyForm.model')}</legend>
      {long ? (
        <select
          className="input"
          aria-label={t('keyForm.model')}
          value={other ? '' : choices.model}
          onChange={(event) => change({ model: event.currentTarget.value })}
        >
          {provider.models.map((model) => (
            <option key={model.id} value={model.id} disabled={model.refused !== undefined}>
              {[
                model.id,
                model.recommended ? t('keyForm.recommended') : '',
                said(`hint.${model.code}`) ?? model.refused ?? model.hint,
              ]
                .filter(Boolean)
                .join(' · ')}
            </option>
          ))}
          {provider.otherModels && <option value="">{t('keyForm.otherModel')}</option>}
        </select>
      ) : (
        provider.models.map((model) => (
          <label key={model.id} className="choice">
            <input
              type="radio"
              name={name}
              value={model.id}
              checked={choices.model === model.id}
              disabled={model.refused !== undefined}
              onChange={() => change({ model: model.id })}
            />
            <span className="min-w-0">
              <span className="font-medium" dir="ltr">
                {model.id}
              </span>{' '}
              {model.recommended && (
                <span className="ms-1 rounded-md bg-good-soft px-1.5 py-0.5 text-xs font-medium text-good">
                  {t('keyForm.recommended')}
                </span>
              )}
              {(model.refused ?? model.hint) && (
                <span dir="auto" className="block text-sm text-muted">
                  {said(`hint.${model.code}`) ?? model.refused ?? model.hint}
                </span>
              )}
            </span>
          </label>
        ))
      )}
      {provider.otherModels && (long ? other : true) && (
        <input
          className="input"
          dir="ltr"
          aria-label={t('keyForm.otherModel')}
          placeholder={t('keyForm.otherModel')}
          value={other ? choices.model : ''}
          onChange={(event) => change({ model: event.currentTarget.value })}
        />
      )}
      {provider.refusedModels.map((rule) => (
        <p key={rule.match} className="flex gap-2 text-sm text-muted">
          <Icon name="info" className="mt-0.5" />
          <span>
            {t('keyForm.refusedModels', { match: rule.match })} <span dir="auto">{rule.reason}</span>
          </span>
        </p>
      ))}
    </fieldset>
  )
}

/** What the key serves: all, or one of the plan's scopes; the rest stays with the platform's AI. */
export function ScopeChoice({ settings, provider, choices, change }: PartProps) {
  const { t } = useTranslation()
  const name = useId()
  const narrower = settings.scopes.filter(({ id }) => id !== 'all')
  const options = [{ id: 'all', title: t('keyForm.scopeAll'), features: provider.affects }, ...narrower]
  if (narrower.length === 0) return null
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">{t('keyForm.scope')}</legend>
      {options.map((scope) => (
        <label key={scope.id} className="choice">
          <input
            type="radio"
            name={name}
            value={scope.id}
            checked={choices.scope === scope.id}
            onChange={() => change({ scope: scope.id })}
          />
          <span className="min-w-0">
            <span className="font-medium">{scope.title}</span>
            <span className="block text-sm text-muted">{featureTitles(settings, scope.features).join(', ')}</span>
            {scope.id !== 'all' && (
              <span className="block text-sm text-muted">
                {t('keyForm.scopeRest', { aiName: settings.platform.aiName })}
              </span>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** Where requests go: the region, or the address of an own endpoint. */
export function HostChoice({ provider, choices, change }: PartProps) {
  const { t } = useTranslation()
  return (
    <>
      {provider.regions.length > 0 && (
        <Field label={t('keyForm.region')}>
          {({ id }) => (
            <select
              id={id}
              className="input"
              value={choices.region}
              onChange={(event) => change({ region: event.currentTarget.value })}
            >
              {regionsOf(provider).map(({ id, host }) => (
                <option key={id} value={id}>
                  {id ? `${id} · ${host}` : t('keyForm.regionDefault')}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {(provider.needsBaseUrl || (provider.allowsBaseUrl && choices.baseUrl !== '')) && (
        <Field label={t('keyForm.baseUrl')} hint={t('keyForm.baseUrlHint')}>
          {({ id, describedBy }) => (
            <input
              id={id}
              type="url"
              inputMode="url"
              dir="ltr"
              className="input"
              placeholder="https://llm.example.com/v1"
              aria-describedby={describedBy}
              required={provider.needsBaseUrl}
              value={choices.baseUrl}
              onChange={(event) => change({ baseUrl: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
    </>
  )
}

/** What people want to remember of a key. */
export function KeyNotes({ settings: { remindDays }, choices, change }: PartProps) {
  const { t } = useTranslation()
  return (
    <details className="group rounded-lg border border-line">
      <summary className="flex items-center justify-between gap-2 px-3 py-2.5 text-sm font-medium">
        {t('keyForm.notes')}
        <Icon name="plus" className="text-muted group-open:rotate-45" />
      </summary>
      <div className="grid gap-4 px-3 pt-1 pb-4 sm:grid-cols-2">
        {(['label', 'owner'] as const).map((part) => (
          <Field key={part} label={t(`keyForm.${part}`)} hint={t(`keyForm.${part}Hint`)}>
            {({ id, describedBy }) => (
              <input
                id={id}
                className="input"
                dir="auto"
                maxLength={200}
                autoComplete="off"
                aria-describedby={describedBy}
                value={choices[part]}
                onChange={(event) => change({ [part]: event.currentTarget.value })}
              />
            )}
          </Field>
        ))}
        <Field
          label={t('keyForm.rotateBy')}
          hint={remindDays ? t('keyForm.rotateByHint', { count: remindDays }) : undefined}
        >
          {({ id, describedBy }) => (
            <input
              id={id}
              type="date"
              className="input"
              aria-describedby={describedBy}
              value={choices.rotateBy}
              onChange={(event) => change({ rotateBy: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
    </details>
  )
}
