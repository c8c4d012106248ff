import type { SettingsQuota } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'

/** How much of a hosted limit is used, and when it begins anew. */
export function QuotaMeter({ quota }: { quota: SettingsQuota }) {
  const { t } = useTranslation()
  const format = useFormat()
  const part = quota.limit === 0 ? 1 : Math.min(1, quota.used / quota.limit)
  const tone = part >= 1 ? 'fill-bad' : part >= 0.8 ? 'fill-warn' : 'fill-accent'
  return (
    <div data-meter={quota.meter}>
      <p className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="font-medium">{quota.title}</span>
        <span className="text-sm text-muted figures">
          {t('quota.used', { used: format.whole(quota.used), limit: format.whole(quota.limit) })}
        </span>
      </p>
      <meter className="sr-only" aria-label={quota.title} min={0} max={quota.limit} value={quota.used} />
      <svg
        aria-hidden="true"
        className="mt-1.5 block h-2 w-full overflow-hidden rounded-full bg-sunken"
        viewBox="0 0 100 1"
        preserveAspectRatio="none"
      >
        <rect width={part * 100} height="1" className={`${tone} rtl:-scale-x-100 rtl:origin-center`} />
      </svg>
      <p className="mt-1 text-sm text-muted">
        {t('quota.resets', { when: format.time(quota.resetsAt) })}
        {quota.ownKeyExempt && ` ${t('quota.exempt')}`}
      </p>
    </div>
  )
}
