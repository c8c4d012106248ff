import { type RefObject, useEffect, useRef } from 'react'

/**
 * Shows what has just come, where it would lie below the edge: with the buttons that stand at the end of its form where there
 * is room for both, else from its beginning.
 * @param what undefined or null as long as there is nothing to see
 */
export function useInView(what: unknown): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!what) return
    place.current?.closest('form')?.lastElementChild?.scrollIntoView({ block: 'nearest' })
    place.current?.scrollIntoView({ block: 'nearest' })
  }, [what])
  return place
}
