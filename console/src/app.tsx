import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Redirect, Route, Router, Switch, useLocation } from 'wouter'
import { OrgProvider } from './api/use-org.tsx'
import { directionOf, isLocale, type Locale } from './i18n/locales.ts'
import { fetchTexts } from './i18n/texts.ts'
import { LanguageProvider, type Texts } from './i18n/translation.tsx'
import { wishedLocale } from './i18n/wished-locale.ts'
import { useSession } from './session/session-store.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { SignedOutPage } from './session/signed-out-page.tsx'
import SettingsPage from './settings/settings-page.tsx'
import { keep } from './shell/kept.ts'
import { later } from './shell/later.tsx'
import { MemberShell } from './shell/member-shell.tsx'

const UsagePage = later('usage', () => import('./usage/usage-page.tsx'))
const RequestsPage = later('requests', () => import('./usage/requests-page.tsx'))
const AuditPage = later('audit', () => import('./usage/audit-page.tsx'))
const OperatorApp = later(
  'operator',
  () => import('./operator/operator-app.tsx'),
  (state) => <div className="mx-auto max-w-5xl p-6">{state}</div>,
)

/** The language is the first part of every address, so that a link opens in the language it was copied in. */
export function App() {
  const [path] = useLocation()
  const first = path.split('/')[1]
  const { session } = useSession()
  const wished = wishedLocale(session?.locale)
  const shown = useShownLanguage(isLocale(first) ? first : wished)
  if (!shown) return null
  return (
    <LanguageProvider locale={shown.locale} texts={shown.texts}>
      {first === 'signin' ? (
        <SignInPage locale={wished} />
      ) : isLocale(first) ? (
        <Router base={`/${first}`}>
          <SignedIn />
        </Router>
      ) : (
        <Redirect to={`/${wished}${path === '/' ? '/settings' : path}${window.location.search}`} replace />
      )}
    </LanguageProvider>
  )
}

interface Language {
  locale: Locale
  texts: Texts
}

/** Undefined until the first language's texts are here; later the old ones stay until the new ones have come. */
function useShownLanguage(locale: Locale): Language | undefined {
  const [shown, setShown] = useState<Language>()
  useEffect(() => {
    let current = true
    const show = (texts: Texts) => {
      if (!current) return
      document.documentElement.lang = locale
      document.documentElement.dir = directionOf(locale)
      keep('localStorage', 'ownkey.locale', locale)
      setShown({ locale, texts })
    }
    // A language that cannot be fetched leaves the page in the one before; without any it would be empty, and a reload asks again.
    void fetchTexts(locale).then(show, () => setShown((before) => before ?? { locale, texts: {} }))
    return () => {
      current = false
    }
  }, [locale])
  return shown
}

function SignedIn() {
  const { session, reason } = useSession()
  const client = useQueryClient()
  useEffect(() => {
    // All that one person saw goes with the session; how one can sign in is nobody's.
    if (!session) client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'sign-in' })
  }, [session, client])
  if (!session) return <SignedOutPage reason={reason} />
  if (session.kind === 'operator') {
    return <OperatorApp />
  }
  return (
    <OrgProvider org={session.org ?? ''} base="">
      <MemberShell>
        <OrgPages />
      </MemberShell>
    </OrgProvider>
  )
}

/** One organization's pages, below wherever they are mounted. */
export function OrgPages({ base = '' }: { base?: string }) {
  return (
    <Switch>
      <Route path={`${base}/settings`} component={SettingsPage} />
      <Route path={`${base}/usage`} component={UsagePage} />
      <Route path={`${base}/requests`} component={RequestsPage} />
      <Route path={`${base}/audit`} component={AuditPage} />
      <Route>
        <Redirect to={`${base}/settings`} replace />
      </Route>
    </Switch>
  )
}
