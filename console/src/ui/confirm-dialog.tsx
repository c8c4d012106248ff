import type { ReactNode } from 'react'
import { useAct } from '../api/use-act.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Dialog } from './dialog.tsx'
import { ProblemNote } from './problem-note.tsx'

interface ConfirmProps {
  title: string
  children: ReactNode
  action: string
  danger?: boolean
  /** Runs when confirmed; the dialog stays open with the reason when it rejects. */
  run(): Promise<unknown>
  onClose(): void
}

/** One question before something that cannot be taken back, saying what will happen. */
export function ConfirmDialog({ title, children, action, danger = false, run, onClose }: ConfirmProps) {
  const { t } = useTranslation()
  const confirm = useAct({
    mutationFn: run,
    onSuccess: onClose,
  })
  return (
    <Dialog title={title} onClose={onClose} busy={confirm.isPending}>
      <div className="grid gap-3 text-muted">{children}</div>
      {confirm.error && <ProblemNote error={confirm.error} className="mt-4" />}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <button type="button" className="button" data-first onClick={onClose} disabled={confirm.isPending}>
          {t('common.cancel')}
        </button>
        <button
          type="button"
          className={`button ${danger ? 'button-danger' : 'button-primary'}`}
          onClick={() => confirm.mutate()}
          aria-disabled={confirm.isPending}
        >
          {confirm.isPending && <span className="spinner" />}
          {action}
        </button>
      </div>
    </Dialog>
  )
}
