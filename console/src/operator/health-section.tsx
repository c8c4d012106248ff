import { type ReactNode, useId } from 'react'

/** One part of the health page, under its heading. */
export function HealthSection({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className="card" aria-labelledby={id}>
      <header className="px-4 pt-4 pb-2 sm:px-5">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {note && <p className="text-sm text-muted">{note}</p>}
      </header>
      {children}
    </section>
  )
}
