import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { UsageReport } from '../../../src/contract/index.ts'
import { pathOf } from './settings-queries.ts'
import { useApi } from './use-api.tsx'
import { useOrg } from './use-org.tsx'

type Query = Record<string, string | undefined>

export function useUsage(query: Query) {
  const { org } = useOrg()
  const { call } = useApi()
  return useQuery({
    queryKey: ['usage', org, query],
    queryFn: async ({ signal }) => {
      const path = `${pathOf(org)}/usage`
      const report = await call<UsageReport>(path, { query, signal })
      // Undefined from a node of an older version, which has no pages.
      for (let cursor: string | null | undefined = report.nextCursor; cursor; ) {
        const page: UsageReport = await call(path, { query: { ...query, cursor }, signal })
        report.rows.push(...page.rows)
        cursor = page.nextCursor
      }
      return report
    },
    placeholderData: keepPreviousData,
  })
}

/** Fetches a table as CSV and hands it to the browser as a file. The token stays in the header, never in an address. */
export function useCsvDownload() {
  const { text } = useApi()
  return async (path: string, query: Query, name: string): Promise<void> => {
    const table = await text(path, { query, accept: 'text/csv' })
    const address = URL.createObjectURL(new Blob([table], { type: 'text/csv' }))
    const link = document.createElement('a')
    link.href = address
    link.download = name
    link.click()
    URL.revokeObjectURL(address)
  }
}
