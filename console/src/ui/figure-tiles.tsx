interface FigureTile {
  name: string
  value: string
  /** Stands below the value; may be empty. */
  note: string
}

/** The few figures that sum a page up. */
export function FigureTiles({ tiles }: { tiles: readonly FigureTile[] }) {
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line lg:grid-cols-4">
      {tiles.map((tile) => (
        <div key={tile.name} className="bg-surface p-4">
          <dt className="text-sm text-muted">{tile.name}</dt>
          <dd>
            <span className="block text-xl font-semibold figures">{tile.value}</span>
            <span className="text-sm text-muted">{tile.note}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
