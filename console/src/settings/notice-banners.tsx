import type { Notice } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { Icon } from '../ui/icon.tsx'
import { ServerText } from '../ui/server-text.tsx'

const looks = {
  info: { tone: 'bg-sunken', ink: 'text-muted', icon: 'info' },
  warning: { tone: 'bg-warn-soft', ink: 'text-warn', icon: 'warning' },
  critical: { tone: 'bg-bad-soft', ink: 'text-bad', icon: 'warning' },
} as const

/** What needs someone now. Each goes away by itself when its cause is gone. */
export function NoticeBanners({ notices }: { notices: readonly Notice[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (notices.length === 0) return null
  return (
    <ul className="grid gap-2" aria-label={t('notices.title')}>
      {notices.map((notice) => {
        const { tone, ink, icon } = looks[notice.severity]
        return (
          <li key={notice.id} data-notice={notice.kind} className={`flex gap-3 rounded-xl p-3.5 ${tone}`}>
            <Icon name={icon} className={`mt-0.5 ${ink}`} />
            <div className="min-w-0 text-sm">
              <p className={`font-medium ${ink}`}>
                <ServerText>{notice.title}</ServerText>
              </p>
              <p>
                <ServerText>{`${notice.detail} ${notice.fix}`}</ServerText>
              </p>
              <p className="mt-0.5 text-muted">
                {notice.count > 1
                  ? t('notices.times', { count: notice.count, when: format.ago(notice.lastAt) })
                  : format.ago(notice.lastAt)}
              </p>
            </div>
          </li>
        )
      })}
    </ul>
  )
}
