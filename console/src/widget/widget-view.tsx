import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Api } from '../api/create-api.ts'
import { useSettings } from '../api/settings-queries.ts'
import { ApiProvider } from '../api/use-api.tsx'
import { OrgProvider } from '../api/use-org.tsx'
import type { Locale } from '../i18n/locales.ts'
import { LanguageProvider, type Texts } from '../i18n/translation.tsx'
import english from '../locales/en.json'
import SettingsPage from '../settings/settings-page.tsx'
import { keepFocus } from '../ui/keep-focus.ts'
import { QuotaMeter } from '../ui/quota-meter.tsx'
import { Failure, Loading } from '../ui/states.tsx'
import UsagePage from '../usage/usage-page.tsx'
import { QueryClient, QueryClientProvider } from './query.tsx'

/** What one element of a host page shows. */
export interface WidgetProps {
  api: Api
  /** The origin of the Ownkey server, where the texts of other languages come from. */
  origin: string
  org: string
  locale: Locale
  view: 'settings' | 'usage' | 'meters'
  /** Meters that are shown; empty: all. */
  meters: readonly string[]
  onBrand(colors: Readonly<Record<string, string>>): void
}

/** The shared views in one element, with everything that the console's shell gives them otherwise. */
export function WidgetView({ api, origin, org, locale, view, meters, onBrand }: WidgetProps) {
  const [client] = useState(() => new QueryClient())
  const texts = useTexts(origin, locale)
  if (!texts) return null
  return (
    <LanguageProvider locale={locale} texts={texts} otherwise={english as Texts}>
      <QueryClientProvider value={client}>
        <ApiProvider value={api}>
          <OrgProvider org={org} base="">
            <Branded onBrand={onBrand}>
              <Place locale={locale}>
                {view === 'settings' && <SettingsPage />}
                {view === 'usage' && <UsagePage />}
                {view === 'meters' && <Meters names={meters} />}
              </Place>
            </Branded>
          </OrgProvider>
        </ApiProvider>
      </QueryClientProvider>
    </LanguageProvider>
  )
}

function Place({ locale, children }: { locale: Locale; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => (place.current ? keepFocus(place.current) : undefined), [])
  // All our languages are written from the left; the host page's may not be.
  return (
    <div ref={place} className="widget" lang={locale} dir="ltr">
      {children}
    </div>
  )
}

/** English is at hand; other languages come as a file, and English stands in when that fails. */
function useTexts(origin: string, locale: Locale): Texts | undefined {
  const [loaded, setLoaded] = useState<{ locale: Locale; texts: Texts }>()
  useEffect(() => {
    if (locale === 'en') return
    let current = true
    const keep = (texts: Texts) => current && setLoaded({ locale, texts })
    fetch(`${origin}/widget/${locale}.json`, { credentials: 'omit' })
      .then((answer) => answer.json())
      .then(keep, () => keep({}))
    return () => {
      current = false
    }
  }, [origin, locale])
  return locale === 'en' ? (english as Texts) : loaded?.locale === locale ? loaded.texts : undefined
}

function Branded({ onBrand, children }: { onBrand: WidgetProps['onBrand']; children: ReactNode }) {
  const { data } = useSettings()
  const colors = data?.platform.colors
  useEffect(() => {
    if (colors) onBrand(colors)
  }, [colors, onBrand])
  return children
}

/** The plan's limits alone, for the place in the product where they are used up. */
function Meters({ names }: { names: readonly string[] }) {
  const settings = useSettings()
  if (settings.isPending) return <Loading rows={1} />
  if (!settings.data) return settings.error && <Failure error={settings.error} retry={() => void settings.refetch()} />
  const shown = settings.data.quotas.filter(({ meter }) => names.length === 0 || names.includes(meter))
  return (
    <div className="grid gap-4">
      {shown.map((quota) => (
        <QuotaMeter key={quota.meter} quota={quota} />
      ))}
    </div>
  )
}
