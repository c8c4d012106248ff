import { useTranslation } from '../i18n/translation.tsx'

type Source = 'organization' | 'user' | 'platform' | null

/** Whose key: own (accent), the platform's (neutral), nobody's (red). */
export function SourceChip({ source, aiName, own }: { source: Source; aiName: string; own?: string }) {
  const { t } = useTranslation()
  const tone =
    source === null
      ? 'bg-bad-soft text-bad'
      : source === 'platform'
        ? 'bg-sunken text-ink'
        : 'bg-accent-soft text-accent-text'
  const words = source === null ? t('source.nobody') : source === 'platform' ? aiName : (own ?? t('source.own'))
  return <span className={`inline-block rounded-md px-2 py-0.5 text-xs font-medium ${tone}`}>{words}</span>
}
