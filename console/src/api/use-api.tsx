import { createContext, useContext } from 'react'
import type { Api } from './create-api.ts'

const ApiContext = createContext<Api | null>(null)

/** Whose API the views below ask: the console's session, or the widget's own token. */
export const ApiProvider = ApiContext.Provider

export function useApi(): Api {
  const api = useContext(ApiContext)
  if (!api) throw new Error('There is no ApiProvider around this view.')
  return api
}
