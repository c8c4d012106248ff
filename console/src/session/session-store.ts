import { useSyncExternalStore } from 'react'
import type { ExchangedSession } from '../../../src/contract/index.ts'
import { keep, readKept } from '../shell/kept.ts'

const place = 'ownkey.session'
const listeners = new Set<() => void>()

/** Why nobody is signed in here. */
export type SignedOut = 'none' | 'expired' | 'left'
interface SessionState {
  session: ExchangedSession | null
  reason: SignedOut
}

let state: SessionState = { session: read(), reason: 'none' }

/** The session of this tab. It lives in memory and in sessionStorage, so that closing the tab ends it here. */
export function useSession(): SessionState {
  return useSyncExternalStore(subscribe, () => state)
}

export function sessionToken(): string | undefined {
  return state.session?.token
}

export function keepSession(session: ExchangedSession): void {
  keep('sessionStorage', place, JSON.stringify(session))
  change({ session, reason: 'none' })
}

export function forgetSession(reason: SignedOut): void {
  keep('sessionStorage', place, null)
  change({ session: null, reason })
}

function change(next: SessionState) {
  state = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function read(): ExchangedSession | null {
  try {
    const kept = JSON.parse(readKept('sessionStorage', place) ?? 'null') as ExchangedSession | null
    return kept?.expiresAt && Date.parse(kept.expiresAt) <= Date.now() ? null : kept
  } catch {
    return null
  }
}
