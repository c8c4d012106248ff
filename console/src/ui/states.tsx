import type { ReactNode } from 'react'
import { useTranslation } from '../i18n/translation.tsx'
import { Icon, type IconName } from './icon.tsx'
import { ProblemNote } from './problem-note.tsx'

/** The place of what is being fetched. */
export function Loading({ rows = 3 }: { rows?: number }) {
  const { t } = useTranslation()
  return (
    <div role="status" className="grid gap-3">
      <span className="sr-only">{t('common.loading')}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never reordered
        <div key={row} className="skeleton h-16" />
      ))}
    </div>
  )
}

export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="grid justify-items-start gap-3">
      <ProblemNote error={error} className="w-full" />
      {retry && (
        <button type="button" className="button" onClick={retry}>
          {t('common.tryAgain')}
        </button>
      )}
    </div>
  )
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-1 px-6 py-12 text-center">
      <span className="mb-2 grid size-11 place-items-center rounded-full bg-sunken text-xl text-muted">
        <Icon name={icon} />
      </span>
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-md text-sm text-muted">{children}</div>}
    </div>
  )
}

interface PageHeaderProps {
  title: string
  lead?: ReactNode
  children?: ReactNode
}

export function PageHeader({ title, lead, children }: PageHeaderProps) {
  return (
    <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0 max-w-2xl">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {lead && <p className="mt-1 text-muted">{lead}</p>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  )
}
