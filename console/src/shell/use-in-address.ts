import { useCallback } from 'react'
import { useSearch } from 'wouter/use-browser-location'

/**
 * A choice of the reader's that stands in the page's address, so that a reload, the browser's Back and a copied link show the
 * same view. What nobody chose is not written. The widget has another of this (`widget/use-in-address.ts`).
 * @param known all that it may be; none: any text
 * @param otherwise what it is where the address names none of them
 */
export function useInAddress<Value extends string = string>(
  name: string,
  known: readonly Value[] = [],
  otherwise: Value = (known[0] ?? '') as Value,
) {
  const written = new URLSearchParams(useSearch()).get(name) as Value | null
  const value = written !== null && (known.length === 0 || known.includes(written)) ? written : otherwise
  const set = useCallback(
    (next: Value) => {
      const query = new URLSearchParams(window.location.search)
      query.set(name, next)
      if (next === otherwise) query.delete(name)
      const { pathname } = window.location
      window.history.replaceState(null, '', `${pathname}${String(query) && `?${query}`}`)
    },
    [name, otherwise],
  )
  return [value, set] as const
}
