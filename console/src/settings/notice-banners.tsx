import type { Notice, Settings } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { type Format, useFormat } from '../i18n/use-format.ts'
import { Icon } from '../ui/icon.tsx'
import { Said, useSaid } from '../ui/said.tsx'
import { AffectedKeys, type NoticeAbout, useAlikeNotices } from './alike-notices.tsx'

const looks = {
  info: { tone: 'bg-sunken', ink: 'text-muted', icon: 'info' },
  warning: { tone: 'bg-warn-soft', ink: 'text-warn', icon: 'warning' },
  critical: { tone: 'bg-bad-soft', ink: 'text-bad', icon: 'warning' },
} as const

/** What needs someone now, once for all keys of which it is the same. Each goes away by itself when its cause is gone. */
export function NoticeBanners({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  // Always there, so that a screen reader tells of what is added; not of "4 seconds ago", which changes.
  return (
    <ul
      className="grid gap-2 empty:absolute"
      aria-label={t('notices.title')}
      aria-live="polite"
      aria-relevant="additions"
    >
      {useAlikeNotices(settings).map((alike) => (
        <Banner key={alike[0].notice.id} alike={alike} settings={settings} />
      ))}
    </ul>
  )
}

function Banner({ alike, settings }: { alike: [NoticeAbout, ...NoticeAbout[]]; settings: Settings }) {
  const { t } = useTranslation()
  const format = useFormat()
  const said = useSaid()
  const [{ notice, provider, key }] = alike
  const { tone, ink, icon } = looks[notice.severity]
  const cause = `cause.${notice.facts['errorClass'] ?? 'invalid_key'}`
  const { aiName } = settings.platform
  const values = {
    ...shown(notice.facts, format),
    capScope: notice.facts['scope'],
    provider,
    aiName,
    why: said(`${cause}.reason`),
    whyFix: said(`${cause}.fix`),
  }
  const part = (name: 'title' | 'detail' | 'fix') => (
    <Said code={`notice.${notice.kind}.${name}`} values={values}>
      {notice[name]}
    </Said>
  )
  const count = alike.length
  return (
    <li data-notice={notice.kind} className={`flex gap-3 rounded-xl p-3.5 ${tone}`}>
      <Icon name={icon} className={`mt-0.5 ${ink}`} />
      <div className="min-w-0 text-sm">
        <p className={`font-medium ${ink}`}>
          {count > 1 ? t(`notices.many.${notice.kind}`, { count, aiName }) : part('title')}
        </p>
        {count > 1 && <AffectedKeys alike={alike} settings={settings} />}
        <p>
          {count === 1 && part('detail')}{' '}
          {count > 1 && notice.kind.startsWith('rotation') ? t('notices.replaceMany') : part('fix')}
        </p>
        <p className="mt-0.5 text-muted">
          {key && settings.environments.length > 1 && `${t('common.environment')}: ${key.environment} · `}
          {notice.count > 1
            ? t('notices.times', { count: notice.count, when: format.ago(notice.lastAt) })
            : format.ago(notice.lastAt)}
        </p>
      </div>
    </li>
  )
}

/** A notice's facts as the reader's locale writes them: amounts of a currency, numbers, days. */
function shown(facts: Notice['facts'], format: Format): Record<string, unknown> {
  const { currency } = facts
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => {
      if (typeof value === 'number') return [name, format.whole(value)]
      if (typeof value !== 'string') return [name, value]
      if (name === 'rotateBy') return [name, format.day(value)]
      const isAmount = typeof currency === 'string' && (name === 'spent' || name === 'limit')
      return [name, isAmount ? format.money(value, currency) : value]
    }),
  )
}
