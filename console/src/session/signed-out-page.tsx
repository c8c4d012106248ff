import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { call } from '../api/client.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { hasDraft } from '../settings/kept-draft.ts'
import { Icon } from '../ui/icon.tsx'
import type { SignedOut } from './session-store.ts'

interface SignedOutProps {
  reason: SignedOut | 'used' | 'unreachable' | 'not_allowed' | 'failed'
  /** Where trying again may help. */
  tryAgain?: () => void
}

/** Nobody is signed in here: why, and how to get in. */
export function SignedOutPage({ reason, tryAgain }: SignedOutProps) {
  const { t } = useTranslation()
  const title = t(`signedOut.${reason}.title`)
  const main = useRef<HTMLElement>(null)
  useEffect(() => {
    document.title = title
  }, [title])
  // What the reader was at is gone with the session; that it is over is where they go on.
  useEffect(() => main.current?.focus(), [])
  const [waiting] = useState(hasDraft)
  const ways = useQuery({
    queryKey: ['sign-in'],
    queryFn: ({ signal }) => call<{ oidc: boolean }>('/sign-in', { signal }),
  })
  return (
    <main
      ref={main}
      tabIndex={-1}
      className="grid min-h-dvh place-items-center p-4"
      data-testid="signed-out"
      data-reason={reason}
    >
      <div className="card w-full max-w-md p-6 sm:p-8">
        <span className="mb-4 grid size-11 place-items-center rounded-full bg-sunken text-xl text-muted">
          <Icon name={reason === 'unreachable' ? 'cloud' : 'lock'} />
        </span>
        <h1 className="text-xl font-semibold">{title}</h1>
        <p className="mt-2 text-muted">{t(`signedOut.${reason}.lead`)}</p>
        {reason === 'expired' && waiting && <p className="mt-2 text-muted">{t('signedOut.draft')}</p>}
        {ways.data?.oidc ? (
          <p className="mt-5">
            <a className="button button-primary" href="/api/v1/sign-in/oidc">
              {t('signedOut.sso')}
            </a>
            <span className="mt-2 block text-sm text-muted">{t('signedOut.ssoLead')}</span>
          </p>
        ) : (
          <p className="mt-3 text-sm text-muted">{t('signedOut.operator')}</p>
        )}
        {tryAgain && (
          <button type="button" className="button mt-4" onClick={tryAgain}>
            {t('common.tryAgain')}
          </button>
        )}
      </div>
    </main>
  )
}
