import { useState } from 'react'
import type { MaskedKey, SettingsProvider } from '../../../src/contract/index.ts'
import { useKeyActions } from '../api/settings-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'

/** The key that this one replaced, as long as it can be put back. */
export function RestoreLine({ provider, current }: { provider: SettingsProvider; current: MaskedKey }) {
  const { t } = useTranslation()
  const format = useFormat()
  const [asking, setAsking] = useState(false)
  const { restore } = useKeyActions({ provider: provider.id, environment: current.environment })
  const { restorable } = current
  if (!restorable || provider.policy === 'unavailable') return null
  const allowed = restorable.allowed ?? true
  return (
    <div
      className="flex flex-wrap items-center justify-between gap-2 rounded-lg bg-sunken p-3 text-sm"
      data-testid="restorable"
    >
      <p className="min-w-0 flex-1 basis-64">
        {t(allowed ? 'key.restorable' : 'key.restoreAbroad', {
          hint: restorable.hint,
          when: format.time(restorable.until),
        })}
      </p>
      {allowed && (
        <button type="button" className="button" onClick={() => setAsking(true)}>
          {t('key.restore')}
        </button>
      )}
      {asking && (
        <ConfirmDialog
          title={t('key.restoreTitle', { provider: provider.name, before: restorable.hint })}
          action={t('key.restore')}
          run={restore}
          onClose={() => setAsking(false)}
        >
          <p>{t('key.restoreLead', { hint: current.hint })}</p>
        </ConfirmDialog>
      )}
    </div>
  )
}
