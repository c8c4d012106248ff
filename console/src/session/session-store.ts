import { useSyncExternalStore } from 'react'
import type { ExchangedSession } from '../../../src/contract/index.ts'
import { keep } from '../shell/kept.ts'
import { keepAddress } from './kept-address.ts'
import { readEnded, readSession, writeSession } from './kept-session.ts'

const listeners = new Set<() => void>()

/** Why nobody is signed in here. */
export type SignedOut = 'none' | 'expired' | 'left'
interface SessionState {
  session: ExchangedSession | null
  reason: SignedOut
}

let state = stateAtFirst()

function stateAtFirst(): SessionState {
  const ended = readEnded()
  if (!ended) return { session: readSession(), reason: 'none' }
  writeSession(null)
  keepAddress(ended)
  return { session: null, reason: 'expired' }
}

/** The session of this tab. It lives in memory and in sessionStorage, so that closing the tab ends it here. */
export function useSession(): SessionState {
  return useSyncExternalStore(subscribe, () => state)
}

export function sessionToken(): string | undefined {
  return state.session?.token
}

export function keepSession(session: ExchangedSession): void {
  writeSession(session)
  change({ session, reason: 'none' })
}

export function forgetSession(reason: SignedOut): void {
  writeSession(null)
  if (reason === 'left') {
    keep('sessionStorage', 'ownkey.draft', null)
    keepAddress(null)
  } else if (state.session) keepAddress(state.session)
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
