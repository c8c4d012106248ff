import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { call } from '../api/client.ts'
import { isLocale, type Locale, languageNames, locales } from '../i18n/locales.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { forgetSession, useSession } from '../session/session-store.ts'
import { Drawing } from '../ui/icon.tsx'
import { keepFocus } from '../ui/keep-focus.ts'
import { AddressesLeft, useReturn } from './addresses-left.tsx'
import { themes, useTheme } from './theme.ts'

export interface Tab {
  href: string
  title: string
}

interface ShellProps {
  brand: { name: string; logo: string | null; locales: readonly string[] } | undefined
  home: string
  tabs: readonly Tab[]
  children: ReactNode
}

const signs = {
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c5 5 5 13 0 18-5-5-5-13 0-18Z',
  theme: 'M12 21a9 9 0 1 0 0-18v18Zm0 0a9 9 0 0 1 0-18',
}

/** What stands around every page: whose it is, where one can go, the language, the theme, the way out. */
export function Shell(props: ShellProps) {
  return (
    <AddressesLeft>
      <Frame {...props} />
    </AddressesLeft>
  )
}

function Frame({ brand, home, tabs, children }: ShellProps) {
  const { t } = useTranslation()
  const asLeft = useReturn()
  const [path] = useLocation()
  const main = useRef<HTMLElement>(null)
  const current = tabs.findLast(({ href }) => path === href || path.startsWith(`${href}/`))
  const tabList = useRef<HTMLElement>(null)
  const before = useRef(path)
  const shown = current?.href
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    main.current?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }, [path])
  useEffect(() => (main.current ? keepFocus(main.current) : undefined), [])
  useEffect(() => {
    // On a narrow screen the tabs scroll, and the current one may be out of sight.
    const list = tabList.current
    const tab = shown && list?.querySelector<HTMLElement>('[aria-current]')
    if (list && tab) list.scrollLeft = tab.offsetLeft - (list.clientWidth - tab.offsetWidth) / 2
  }, [shown])
  useEffect(() => {
    document.title = [current?.title, brand?.name].filter(Boolean).join(' · ') || 'Ownkey'
  }, [current?.title, brand?.name])
  return (
    <>
      <a href="#main" className="button button-primary sr-only fixed start-3 top-3 z-20 focus:not-sr-only focus:fixed">
        {t('shell.skip')}
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-5xl flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-3 sm:px-6">
          <Link
            href={home}
            aria-label={brand?.name ?? 'Ownkey'}
            className="flex min-w-0 items-center gap-2.5 rounded font-semibold"
          >
            {brand?.logo && <Logo key={brand.logo} src={brand.logo} />}
            <span className="truncate" dir="auto">
              {brand?.name ?? '\u00a0'}
            </span>
          </Link>
          <Preferences offered={brand?.locales ?? []} />
        </div>
        <nav
          ref={tabList}
          aria-label={t('shell.navigation')}
          className="relative mx-auto max-w-5xl overflow-x-auto px-4 sm:px-6"
        >
          <ul className="flex gap-5">
            {tabs.map((tab) => (
              <li key={tab.href} className="flex">
                <Link
                  href={tab === current ? tab.href : asLeft(tab.href)}
                  className="tab"
                  aria-current={tab === current ? 'page' : undefined}
                >
                  {tab.title}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1} className="mx-auto max-w-5xl px-4 py-7 sm:px-6 sm:py-9">
        {children}
      </main>
    </>
  )
}

/** A logo that cannot be shown leaves the name alone. */
function Logo({ src }: { src: string }) {
  const [shown, setShown] = useState(true)
  return shown ? <img src={src} alt="" className="h-7 max-w-32 object-contain" onError={() => setShown(false)} /> : null
}

function Preferences({ offered }: { offered: readonly string[] }) {
  const { t, locale: current } = useTranslation()
  const [theme, setTheme] = useTheme()
  const { session } = useSession()
  const choices = locales.filter((locale) => locale === current || offered.some((one) => one.split('-')[0] === locale))
  const compact = 'max-w-28 rounded-md bg-transparent py-1 ps-1 text-sm text-muted hover:text-ink'
  return (
    <div className="-me-1 flex items-center gap-1.5 print:hidden">
      {choices.length > 1 && (
        <span className="flex items-center text-muted">
          <Drawing path={signs.globe} />
          <select
            className={compact}
            aria-label={t('shell.language')}
            value={current}
            onChange={(event) => goTo(event.currentTarget.value)}
          >
            {choices.map((locale) => (
              <option key={locale} value={locale} lang={locale}>
                {languageNames[locale]}
              </option>
            ))}
          </select>
        </span>
      )}
      <span className="flex items-center text-muted">
        <Drawing path={signs.theme} />
        <select
          className={compact}
          aria-label={t('shell.theme')}
          value={theme}
          onChange={(event) => setTheme(themes.find((one) => one === event.currentTarget.value) ?? 'system')}
        >
          {themes.map((one) => (
            <option key={one} value={one}>
              {t(`shell.themes.${one}`)}
            </option>
          ))}
        </select>
      </span>
      <button
        type="button"
        className="button button-quiet"
        onClick={() => void signOut()}
        title={session?.user.name ?? session?.user.id}
      >
        {t('shell.signOut')}
      </button>
    </div>
  )
}

/** The same page under another locale: only the first part of the address changes. */
function goTo(wish: string) {
  const locale: Locale = isLocale(wish) ? wish : 'en'
  const rest = window.location.pathname.split('/').slice(2).join('/')
  window.history.pushState(null, '', `/${locale}/${rest}${window.location.search}`)
}

/** The server is told first; should it not be reachable, this tab forgets the session all the same. */
async function signOut() {
  await call<void>('/sessions/current', { method: 'DELETE' }).catch(() => undefined)
  forgetSession('left')
}
