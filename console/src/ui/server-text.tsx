/** A sentence of the server's. It is written in English whatever the page's language, and says so to screen readers. */
export function ServerText({ children, className }: { children: string; className?: string }) {
  return (
    <span lang="en" dir="auto" className={className}>
      {children}
    </span>
  )
}
