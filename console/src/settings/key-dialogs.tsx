import type { MaskedKey, SavedKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { useKeyActions } from '../api/settings-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { KeyForm } from './key-form.tsx'
import { TryOutDialog } from './try-out-dialog.tsx'
import { whatHappensWithout } from './what-happens-without.ts'

export type KeyDialogName = 'replace' | 'edit' | 'disable' | 'remove' | 'try'

interface KeyDialogsProps {
  name: KeyDialogName | null
  close(): void
  settings: Settings
  provider: SettingsProvider
  current: MaskedKey
  onSaved(saved: SavedKey): void
}

/** The dialogs of one key's card. */
export function KeyDialogs({ name, close, settings, provider, current, onSaved }: KeyDialogsProps) {
  const { t } = useTranslation()
  const actions = useKeyActions({ provider: provider.id, environment: current.environment })
  const done = (saved: SavedKey) => {
    onSaved(saved)
    close()
  }
  const kept = settings.restoreHours ?? 0
  const consequence = whatHappensWithout(settings, provider)
  const names = { provider: provider.name, hint: current.hint, aiName: settings.platform.aiName }
  if (name === 'try') return <TryOutDialog settings={settings} provider={provider} onClose={close} />
  if (name === 'replace' || name === 'edit') {
    return (
      <Dialog title={t(`key.${name}Title`, names)} onClose={close}>
        {name === 'replace' && (
          <p className="mb-4 text-sm text-muted">
            {t(kept > 0 ? 'key.replaceKeeps' : 'key.replaceLead', { count: kept })}
          </p>
        )}
        <KeyForm
          settings={settings}
          provider={provider}
          current={current}
          mode={name === 'replace' ? 'key' : 'edit'}
          onDone={done}
          onCancel={close}
        />
      </Dialog>
    )
  }
  if (name === null) return null
  return (
    <ConfirmDialog
      title={t(`key.${name}Title`, names)}
      action={t(`key.${name}`)}
      danger={name === 'remove'}
      run={actions[name]}
      onClose={close}
    >
      <p>{t(`key.${name}Lead`, names)}</p>
      <p>{t(consequence, names)}</p>
    </ConfirmDialog>
  )
}
