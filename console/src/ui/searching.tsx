import type { ReactNode } from 'react'
import { useTranslation } from '../i18n/translation.tsx'

/** What was found before stays while the next search is on its way, pale and said to be old: a list that empties with each letter flickers. */
export function Searching({ on, children }: { on: boolean; children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <div className="relative" aria-busy={on}>
      <p role="status" className="absolute bottom-full mb-1 flex items-center gap-2 text-sm text-muted">
        {on && (
          <>
            <span className="spinner" /> {t('shell.searching')}
          </>
        )}
      </p>
      <div className={on ? 'opacity-50' : ''}>{children}</div>
    </div>
  )
}
