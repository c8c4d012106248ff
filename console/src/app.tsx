import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Redirect, Route, Router, Switch, useLocation } from 'wouter'
import { OrgProvider } from './api/use-org.tsx'
import { bestLocale, isLocale, type Locale } from './i18n/locales.ts'
import { showLocale } from './i18n/start-i18n.ts'
import { useSession } from './session/session-store.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { SignedOutPage } from './session/signed-out-page.tsx'
import { readKept } from './shell/kept.ts'
import { MemberShell } from './shell/member-shell.tsx'
import { Loading } from './ui/states.tsx'

const settingsPage = () => import('./settings/settings-page.tsx')
const SettingsPage = lazy(settingsPage)
const UsagePage = lazy(() => import('./usage/usage-page.tsx'))
const RequestsPage = lazy(() => import('./usage/requests-page.tsx'))
const AuditPage = lazy(() => import('./usage/audit-page.tsx'))
const OperatorApp = lazy(() => import('./operator/operator-app.tsx'))

/** Fetches what a member sees first, while it is still being found out who that is. */
export function fetchAhead(path: string): void {
  if (!path.includes('/operator')) void settingsPage()
}

/** The language is the first part of every address, so that a link opens in the language it was copied in. */
export function App() {
  const [path] = useLocation()
  const first = path.split('/')[1]
  const { session } = useSession()
  const wished = bestLocale([session?.locale, readKept('localStorage', 'ownkey.locale'), ...navigator.languages])
  const locale = isLocale(first) ? first : wished
  const shown = useShownLocale(locale)
  if (!shown) return null
  if (first === 'signin') return <SignInPage locale={wished} />
  if (!isLocale(first))
    return <Redirect to={`/${locale}${path === '/' ? '/settings' : path}${window.location.search}`} replace />
  return (
    <Router base={`/${locale}`}>
      <SignedIn />
    </Router>
  )
}

/** False until the first locale's texts are here; later the old texts stay until the new ones have come. */
function useShownLocale(locale: Locale): boolean {
  const [ready, setReady] = useState(false)
  useEffect(() => {
    let current = true
    void showLocale(locale).then(() => current && setReady(true))
    return () => {
      current = false
    }
  }, [locale])
  return ready
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
    return (
      <Suspense fallback={<Waiting />}>
        <OperatorApp />
      </Suspense>
    )
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
    <Suspense fallback={<Loading rows={5} />}>
      <Switch>
        <Route path={`${base}/settings`} component={SettingsPage} />
        <Route path={`${base}/usage`} component={UsagePage} />
        <Route path={`${base}/requests`} component={RequestsPage} />
        <Route path={`${base}/audit`} component={AuditPage} />
        <Route>
          <Redirect to={`${base}/settings`} replace />
        </Route>
      </Switch>
    </Suspense>
  )
}

function Waiting() {
  return (
    <div className="mx-auto max-w-5xl p-6">
      <Loading rows={5} />
    </div>
  )
}
