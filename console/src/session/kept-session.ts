import type { ExchangedSession } from '../../../src/contract/index.ts'
import { keep, readKept } from '../shell/kept.ts'

const place = 'ownkey.session'

/** The session that this tab has kept; null: none, or none that still holds. */
export function readSession(): ExchangedSession | null {
  const kept = readAny()
  return kept && isOver(kept) ? null : kept
}

/** The one that this tab has kept and that has ended meanwhile. */
export function readEnded(): ExchangedSession | null {
  const kept = readAny()
  return kept && isOver(kept) ? kept : null
}

function isOver({ expiresAt }: ExchangedSession): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now()
}

function readAny(): ExchangedSession | null {
  try {
    return JSON.parse(readKept('sessionStorage', place) ?? 'null') as ExchangedSession | null
  } catch {
    return null
  }
}

export function writeSession(session: ExchangedSession | null): void {
  keep('sessionStorage', place, session && JSON.stringify(session))
}
