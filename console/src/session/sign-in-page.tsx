import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import type { ExchangedSession } from '../../../src/contract/index.ts'
import { callAsNobody } from '../api/client.ts'
import { ProblemError } from '../api/problem-error.ts'
import { bestLocale, type Locale } from '../i18n/locales.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { takeAddress } from './kept-address.ts'
import { keepSession } from './session-store.ts'
import { SignedOutPage } from './signed-out-page.tsx'

// A code works once, so it is sent once however often React renders this page; again only where that did not reach the server.
let exchange: { code: string; answer: Promise<ExchangedSession> } | undefined

function exchangeOnce(code: string): Promise<ExchangedSession> {
  if (exchange?.code !== code) {
    exchange = {
      code,
      answer: callAsNobody<ExchangedSession>('/sessions/exchange', { method: 'POST', body: { code } }),
    }
  }
  return exchange.answer
}

/** Turns the code of a sign-in link into this tab's session, and takes the code out of the address at once. */
export function SignInPage({ locale }: { locale: Locale }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const [{ code, problem }] = useState(() => {
    const query = new URLSearchParams(window.location.search)
    return { code: query.get('code'), problem: query.get('problem') }
  })
  const [error, setError] = useState<Error | null>(code ? null : new ProblemError({ status: 400, code: 'no_code' }))
  useEffect(() => {
    if (problem) window.history.replaceState(null, '', '/signin')
    if (!code || error) return
    window.history.replaceState(null, '', '/signin')
    let current = true
    exchangeOnce(code).then(
      (session) => {
        if (!current) return
        keepSession(session)
        const home = session.kind === 'operator' ? 'operator' : 'settings'
        navigate(takeAddress(session) ?? `/${bestLocale([session.locale, locale])}/${home}`, { replace: true })
      },
      (reason: Error) => current && setError(reason),
    )
    return () => {
      current = false
    }
  }, [code, problem, error, locale, navigate])
  if (problem) return <SignedOutPage reason={problem === 'not_allowed' ? 'not_allowed' : 'failed'} />
  // By then the code is in no address any more, so a reload could not send it again.
  const tryAgain = () => {
    exchange = undefined
    setError(null)
  }
  if (error && !code) return <SignedOutPage reason="none" />
  if (error instanceof ProblemError && [400, 401].includes(error.status)) return <SignedOutPage reason="used" />
  if (error) return <SignedOutPage reason="unreachable" tryAgain={tryAgain} />
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <p role="status" className="flex items-center gap-3 text-muted">
        <span className="spinner" /> {t('signIn.opening')}
      </p>
    </main>
  )
}
