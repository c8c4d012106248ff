import { type Api, type ApiPlace, createApi } from '../api/create-api.ts'
import { ProblemError } from '../api/problem-error.ts'

/** Gives a session token, made by the host's own server. `renew`: the last one was refused, so a kept one will not do. */
export type GetToken = (request: { renew: boolean }) => string | Promise<string>

type SessionOptions = Pick<ApiPlace, 'origin' | 'onRefused' | 'onAnswer' | 'onProblem'> & { getToken: GetToken }

/** One token for all calls of a widget. When it is refused the host is asked for another, once for however many calls. */
export function openWidgetSession({ getToken, ...place }: SessionOptions): Api {
  let asked: Promise<string> | undefined
  let refused = false
  let renewing: Promise<string | undefined> | undefined
  const ask = async (renew: boolean) => {
    const token = await Promise.resolve({ renew })
      .then(getToken)
      .catch(() => '')
    // Nobody is signed in there, or the host's server is away.
    if (token) return token
    throw new ProblemError({ status: 0, code: 'offline' })
  }
  const renewOnce = async () => {
    asked = ask(true)
    return asked.catch(() => {
      // The next call asks anew, for a fresh one too: the reader may be signed in again by then.
      asked = undefined
      refused = true
      return undefined
    })
  }
  return createApi({
    ...place,
    async token() {
      asked ??= ask(refused)
      try {
        return await asked
      } catch (error) {
        asked = undefined
        throw error
      }
    },
    renew() {
      renewing ??= renewOnce().finally(() => {
        renewing = undefined
      })
      return renewing
    },
  })
}
