import type { ExchangedSession } from '../../../src/contract/index.ts'
import { keep, readKept } from '../shell/kept.ts'

const place = 'ownkey.session'

/** The session that this tab has kept; null: none, or none that still holds. */
export function readSession(): ExchangedSession | null {
  try {
    const kept = JSON.parse(readKept('sessionStorage', place) ?? 'null') as ExchangedSession | null
    return kept?.expiresAt && Date.parse(kept.expiresAt) <= Date.now() ? null : kept
  } catch {
    return null
  }
}

export function writeSession(session: ExchangedSession | null): void {
  keep('sessionStorage', place, session && JSON.stringify(session))
}
