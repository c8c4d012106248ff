import { useId } from 'react'
import type { Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'

interface FallbackProps {
  settings: Settings
  provider: SettingsProvider
  on: boolean
  turn(on: boolean): void
  /** What was pressed is on its way to the server. */
  pending?: boolean
}

/** What happens when the key fails: a switch where the plan leaves it open, else the rule in words. */
export function FallbackChoice({ settings, provider, on, turn, pending }: FallbackProps) {
  const { t } = useTranslation()
  const id = useId()
  const { mode } = settings.fallback
  const aiName = settings.platform.aiName
  const required = provider.policy === 'required'
  if (mode !== 'customer' || required) {
    const rule = mode === 'always' && !required ? 'always' : 'never'
    return <p className="text-sm text-muted">{t(`fallback.${rule}`, { aiName })}</p>
  }
  return (
    <div className="flex items-start justify-between gap-4">
      <label htmlFor={id} className="min-w-0">
        <span className="font-medium">{t('fallback.title', { aiName })}</span>
        <span className="block text-sm text-muted">{t(`fallback.${on ? 'on' : 'off'}`, { aiName })}</span>
      </label>
      <span className="flex items-center gap-2">
        {pending && <span className="spinner text-muted" />}
        <input
          id={id}
          type="checkbox"
          role="switch"
          aria-checked={on}
          className="switch mt-0.5"
          checked={on}
          disabled={!settings.you.canManage}
          aria-disabled={pending}
          onChange={(event) => turn(event.currentTarget.checked)}
        />
      </span>
    </div>
  )
}
