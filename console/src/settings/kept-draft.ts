import { useLayoutEffect, useState } from 'react'
import { sessionToken, useSession } from '../session/session-store.ts'
import { keep, readKept } from '../shell/kept.ts'

const place = 'ownkey.draft'

/**
 * A form's values, which outlive the session: when it ends while the form is open, the same person finds them again in this tab.
 * A key is none of them: it is in its element alone. The widget has another of this (`widget/kept-draft.ts`).
 * @param form which one it is
 */
export function useDraft<Values extends object>(form: readonly string[], first: Values) {
  const { session } = useSession()
  const [name] = useState(() => [session?.org, session?.user.id, ...form].join(' '))
  const [values, set] = useState<Values>(() => ({ ...first, ...readDraft(name) }))
  const changed = values !== first
  // At once, and not after the next drawing: what is kept is true from the moment on at which the form shows it, or is gone.
  useLayoutEffect(() => {
    if (changed) keep('sessionStorage', place, JSON.stringify({ name, values }))
  }, [changed, name, values])
  // Saved or given up; with the session gone it was neither.
  useLayoutEffect(() => () => void (sessionToken() !== undefined && keep('sessionStorage', place, null)), [])
  return [values, set] as const
}

/** Whether a form waits for the one who was signed in. */
export function hasDraft(): boolean {
  return readKept('sessionStorage', place) !== null
}

function readDraft(name: string): object {
  try {
    const kept = JSON.parse(readKept('sessionStorage', place) ?? 'null') as { name: string; values: object } | null
    return kept?.name === name ? kept.values : {}
  } catch {
    return {}
  }
}
