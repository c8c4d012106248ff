import type { Settings } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { Icon } from '../ui/icon.tsx'
import { failingKeys, isComing } from './key-of.ts'

/** Whose AI serves me: one sentence, one bar, and what is left. */
export function AtAGlance({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const format = useFormat()
  const aiName = settings.platform.aiName
  const served = settings.features.filter((feature) => feature.included && !isComing(settings, feature))
  const sources = served.map(({ decision }) => decision.attempts[0]?.source)
  const platform = sources.filter((source) => source === 'platform').length
  const nobody = sources.filter((source) => !source).length
  const own = sources.length - platform - nobody
  const failing = failingKeys(settings)
  const troubled = failing.length > 0 || nobody > 0 || served.length === 0
  const sentence =
    failing.length > 0
      ? failing.every(({ fallback }) => fallback)
        ? 'glance.standIn'
        : 'glance.failing'
      : nobody > 0
        ? 'glance.partly'
        : own === 0
          ? 'glance.platform'
          : platform === 0
            ? 'glance.own'
            : 'glance.both'
  const parts = [
    { name: 'own', count: own, tone: 'text-accent' },
    { name: 'platform', count: platform, tone: 'text-line-strong' },
    { name: 'nobody', count: nobody, tone: 'text-bad' },
  ].filter(({ count }) => count > 0)
  const { balance, perRequest, features } = settings.credits
  const prices = Object.values(features)
  return (
    <section className="card p-4 sm:p-5" aria-label={t('glance.title')} data-testid="at-a-glance">
      <p className="flex items-start gap-2.5 text-lg font-medium">
        <Icon
          name={troubled ? 'warning' : own > 0 ? 'key' : 'sparkle'}
          className={`mt-1 ${troubled ? 'text-warn' : 'text-accent-text'}`}
        />
        {t(own + platform === 0 ? 'glance.nobody' : sentence, { aiName })}
      </p>
      {served.length > 0 && (
        <>
          <svg
            aria-hidden="true"
            className="mt-3 block h-2 w-full rounded-full bg-sunken"
            preserveAspectRatio="none"
            viewBox={`0 0 ${served.length} 1`}
          >
            <Bar parts={parts} />
          </svg>
          <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
            {parts.map((part) => (
              <li key={part.name} className="flex items-center gap-2">
                <span className={`size-2 flex-none rounded-full bg-current ${part.tone}`} />
                {t(`glance.${part.name}Part`, { count: part.count, aiName })}
              </li>
            ))}
          </ul>
        </>
      )}
      {[perRequest, ...prices].some(({ ownKey, platformKey }) => ownKey + platformKey > 0) && (
        <p className="mt-3 border-t border-line pt-3 text-sm text-muted">
          {t(prices.length > 0 ? 'glance.creditsVary' : 'glance.credits', {
            balance: format.whole(balance),
            own: format.whole(perRequest.ownKey),
            platform: format.whole(perRequest.platformKey),
            aiName,
          })}
        </p>
      )}
    </section>
  )
}

function Bar({ parts }: { parts: { name: string; count: number; tone: string }[] }) {
  let start = 0
  return parts.map((part) => {
    const x = start
    start += part.count
    return <rect key={part.name} x={x} width={part.count} height={1} fill="currentColor" className={part.tone} />
  })
}
