import type { ExchangedSession } from '../../../src/contract/index.ts'
import { isLocale } from '../i18n/locales.ts'
import { keep, readKept } from '../shell/kept.ts'

const place = 'ownkey.address'

/** Keeps in this tab where its reader was when the session ended. @param session null: nobody comes back */
export function keepAddress(session: ExchangedSession | null): void {
  const { pathname, search } = window.location
  // A sign-in link's own address is none to come back to.
  if (session && !isLocale(pathname.split('/')[1])) return
  keep('sessionStorage', place, session && JSON.stringify({ who: whoOf(session), address: pathname + search }))
}

/** Where the one who has just signed in was before, once; undefined for anybody else. */
export function takeAddress(session: ExchangedSession): string | undefined {
  const kept = readKept('sessionStorage', place)
  keep('sessionStorage', place, null)
  try {
    const { who, address } = JSON.parse(kept ?? '{}') as { who?: string; address?: string }
    return who === whoOf(session) ? address : undefined
  } catch {
    return undefined
  }
}

function whoOf({ kind, org, user }: ExchangedSession): string {
  return JSON.stringify([kind, org, user.id])
}
