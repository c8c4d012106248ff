import { useTranslation } from '../i18n/translation.tsx'

interface FormButtonsProps {
  /** What the form's own button says. */
  action: string
  busy: boolean
  onCancel(): void
}

/** The end of a dialog's form: leave it, or send it. */
export function FormButtons({ action, busy, onCancel }: FormButtonsProps) {
  const { t } = useTranslation()
  return (
    <div className="flex justify-end gap-2">
      <button type="button" className="button button-quiet" onClick={onCancel} disabled={busy}>
        {t('common.cancel')}
      </button>
      <button type="submit" className="button button-primary" aria-disabled={busy}>
        {busy && <span className="spinner" />}
        {action}
      </button>
    </div>
  )
}
