import { takeAnswer } from '../ahead/asked.ts'
import { forgetSession, sessionToken } from '../session/session-store.ts'
import { createApi } from './create-api.ts'

/** The console's way to the control API: as this tab's session, which ends when the server refuses it. */
export const consoleApi = createApi({
  origin: '',
  token: sessionToken,
  onRefused: () => forgetSession('expired'),
  askedAlready: takeAnswer,
})

export const { call } = consoleApi

/**
 * The same as nobody: for the code of a sign-in link, which works once. With the token of the session that this tab may still
 * have, it would be another call than the one that was sent ahead.
 */
export const { call: callAsNobody } = createApi({
  origin: '',
  token: () => undefined,
  onRefused: () => undefined,
  askedAlready: takeAnswer,
})
