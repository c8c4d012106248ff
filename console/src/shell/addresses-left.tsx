import { createContext, type ReactNode, useContext, useRef } from 'react'
import { useLocation } from 'wouter'
import { useSearch } from 'wouter/use-browser-location'

const LeftContext = createContext<ReadonlyMap<string, string>>(new Map())

/** Remembers with which choices (`useInAddress`) each page below was left. */
export function AddressesLeft({ children }: { children: ReactNode }) {
  const [path] = useLocation()
  const search = useSearch()
  const left = useRef(new Map<string, string>())
  left.current.set(path, search)
  return <LeftContext value={left.current}>{children}</LeftContext>
}

/** The address of a page as it was left, with what was searched and chosen there. */
export function useReturn(): (path: string) => string {
  const left = useContext(LeftContext)
  return (path) => `${path}${left.get(path) ?? ''}`
}
