import { useState } from 'react'

/** In a widget the host's page has the session, and renews it under an open form: nothing has to be kept. */
export function useDraft<Values extends object>(_form: readonly string[], first: Values) {
  return useState(first)
}
