import type { ReactNode } from 'react'

interface ScrollRegionProps {
  label: string
  className?: string
  children: ReactNode
}

/**
 * What may be wider than the screen scrolls by itself, and can be reached with the keyboard to do so. No landmark: a page of
 * deliveries would have a hundred of one name.
 */
export function ScrollRegion({ label, className = '', children }: ScrollRegionProps) {
  const reachable = { tabIndex: 0 }
  return (
    <figure aria-label={label} className={`overflow-x-auto ${className}`} {...reachable}>
      {children}
    </figure>
  )
}
