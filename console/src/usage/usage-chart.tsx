import { useState } from 'react'
import { useFormat } from '../i18n/use-format.ts'
import type { Series } from './measures.ts'

/** Classes of the colours in `theme.css`. */
export const tones = ['tone-1', 'tone-2', 'tone-3', 'tone-4', 'tone-5', 'tone-6'] as const

interface UsageChartProps {
  label: string
  days: readonly string[]
  series: readonly Series[]
  nameOf(id: string | null): string
  show(amount: number): string
}

/** Stacked bars by day. The table below the chart holds the same numbers for those who do not see it. */
export function UsageChart({ label, days, series, nameOf, show }: UsageChartProps) {
  const format = useFormat()
  const [place, setPlace] = useState<number | null>(null)
  const sums = days.map((_, day) => series.reduce((sum, one) => sum + (one.amounts[day] ?? 0), 0))
  const top = niceTop(Math.max(...sums, 0))
  const day = place === null ? undefined : days[place]
  return (
    <figure>
      <div className="flex gap-2">
        <div
          aria-hidden="true"
          className="flex w-12 flex-none flex-col justify-between text-end text-xs text-muted figures"
        >
          {[1, 0.5, 0].map((part) => (
            <span key={part} className="-my-2">
              {show(top * part)}
            </span>
          ))}
        </div>
        <svg
          role="img"
          aria-label={label}
          className="h-56 w-full min-w-0 overflow-visible rtl:-scale-x-100"
          viewBox={`0 0 ${days.length} 100`}
          preserveAspectRatio="none"
          onPointerLeave={() => setPlace(null)}
        >
          {[0, 50, 100].map((y) => (
            <line
              key={y}
              x1="0"
              x2={days.length}
              y1={y}
              y2={y}
              className="stroke-line"
              vector-effect="non-scaling-stroke"
            />
          ))}
          {days.map((one, at) => (
            <g
              key={one}
              className={place === null || place === at ? '' : 'opacity-40'}
              onPointerEnter={() => setPlace(at)}
            >
              <rect x={at} width="1" y="0" height="100" fill="transparent" />
              <Stack series={series} at={at} top={top} />
            </g>
          ))}
        </svg>
      </div>
      <div aria-hidden="true" className="mt-2 flex justify-between ps-14 text-xs text-muted">
        <span>{days[0] && format.shortDay(days[0])}</span>
        <span>{days.at(-1) && format.shortDay(days.at(-1) ?? '')}</span>
      </div>
      <figcaption className="mt-3 text-sm">
        <p className="mb-1 text-muted" aria-hidden="true">
          {day ? `${format.day(day)} · ${show(sums[place ?? 0] ?? 0)}` : label}
        </p>
        <ul className="flex flex-wrap gap-x-5 gap-y-1">
          {series.map((one, index) => (
            <li key={one.id ?? ''} className="flex items-center gap-2">
              <span className={`size-2.5 flex-none rounded-sm ${tones[index]}`} /> {nameOf(one.id)}
              <span className="text-muted figures">{show(place === null ? one.total : (one.amounts[place] ?? 0))}</span>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  )
}

function Stack({ series, at, top }: { series: readonly Series[]; at: number; top: number }) {
  let from = 100
  return series.map((one, index) => {
    const height = ((one.amounts[at] ?? 0) / top) * 100
    from -= height
    return height > 0 ? (
      <rect key={one.id ?? ''} x={at + 0.14} width="0.72" y={from} height={height} className={tones[index] ?? ''} />
    ) : null
  })
}

/** The next even digit with zeros above the largest amount: half of it stands at the axis, too, and of requests there are no halves. */
function niceTop(largest: number): number {
  const scale = 10 ** Math.floor(Math.log10(largest || 1))
  return scale * ([2, 4, 6, 8].find((step) => step * scale >= largest) ?? 10)
}
