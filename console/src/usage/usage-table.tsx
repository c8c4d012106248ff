import type { UsageReport } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import type { Breakdown } from './measures.ts'

/** The columns of whole numbers. */
const counts = ['requests', 'inputTokens', 'outputTokens', 'characters', 'credits'] as const

interface UsageTableProps {
  report: UsageReport
  breakdown: Breakdown
  nameOf(id: string | null): string
}

/** The chart's numbers, day by day, newest first. */
export function UsageTable({ report, breakdown, nameOf }: UsageTableProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const rows = [...report.rows].sort(
    (a, b) => (b.group.day ?? '').localeCompare(a.group.day ?? '') || b.requests - a.requests,
  )
  return (
    <details className="mt-5 border-t border-line pt-3">
      <summary className="link w-fit text-sm">{t('usage.asTable')}</summary>
      <ScrollRegion className="-mx-4 mt-2 sm:-mx-5" label={t('usage.asTable')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('usage.day')}</th>
              <th scope="col">{t(`usage.by.${breakdown}`)}</th>
              {[...counts, 'cost' as const].map((name) => (
                <th key={name} scope="col" className="number">
                  {t(`usage.measure.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.group.day}-${row.group[breakdown]}`}>
                <td className="whitespace-nowrap">{row.group.day && format.day(row.group.day)}</td>
                <td className="min-w-32 wrap-anywhere">{nameOf(row.group[breakdown] ?? null)}</td>
                {counts.map((name) => (
                  <td key={name} className="number">
                    {format.whole(row[name])}
                  </td>
                ))}
                <td className="number">
                  {row.costs.map((cost) => format.money(cost.amount, cost.currency)).join(' + ') || '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </details>
  )
}
