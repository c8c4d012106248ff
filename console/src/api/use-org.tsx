import { createContext, type ReactNode, useContext } from 'react'

interface OrgPlace {
  org: string
  /** Where this organization's pages are, below the locale: `` for a member, `/operator/orgs/acme` for the operator. */
  base: string
}
const OrgContext = createContext<OrgPlace>({ org: '', base: '' })

export function OrgProvider({ org, base, children }: OrgPlace & { children: ReactNode }) {
  return <OrgContext value={{ org, base }}>{children}</OrgContext>
}

/** The organization whose pages are shown. */
export function useOrg(): OrgPlace {
  return useContext(OrgContext)
}
