const paths = {
  key: 'M8 20a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.2-7.7L20 3.5m-5.5 5.5 3 3m-.2-5.8 2.4 2.4',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6 6 18',
  warning: 'M12 4 2.8 20h18.4L12 4Zm0 6v4.5m0 2.5v.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-9.5v5m0-8.5v.01',
  plus: 'M12 5v14M5 12h14',
  route: 'M4 7h5c4 0 2 10 6 10h5m-3-3 3 3-3 3M14 7h6',
  cloud: 'M7 18a4 4 0 0 1-.5-8A6 6 0 0 1 18 9.5a4.3 4.3 0 0 1-.5 8.5H7Z',
  arrow: 'M5 12h14m-5-5 5 5-5 5',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14',
  sparkle: 'm12 4 1.8 6.2L20 12l-6.2 1.8L12 20l-1.8-6.2L4 12l6.2-1.8L12 4Z',
} as const
export type IconName = keyof typeof paths

/** A drawn sign beside words that say the same; hidden from screen readers. */
export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  const flips = name === 'arrow' || name === 'route' ? 'rtl:-scale-x-100' : ''
  return <Drawing path={paths[name]} className={`${flips} ${className}`} />
}

export function Drawing({ path, className = '' }: { path: string; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      width="1.15em"
      height="1.15em"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      className={`inline-block flex-none ${className}`}
    >
      <path d={path} />
    </svg>
  )
}
