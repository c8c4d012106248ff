import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { AuditPage, RequestsPage, UsageReport } from '../../../src/contract/index.ts'
import { call, callForText } from './client.ts'
import { pathOf } from './settings-queries.ts'
import { useOrg } from './use-org.tsx'

type Query = Record<string, string | undefined>

export function useUsage(query: Query) {
  const { org } = useOrg()
  return useQuery({
    queryKey: ['usage', org, query],
    queryFn: ({ signal }) => call<UsageReport>(`${pathOf(org)}/usage`, { query, signal }),
    placeholderData: keepPreviousData,
  })
}

/** @param refreshMs how often the first page is asked for again; 0: never */
export function useRequests(org: string, query: Query, refreshMs = 0) {
  return useInfiniteQuery({
    queryKey: ['requests', org, query],
    queryFn: ({ pageParam, signal }) =>
      call<RequestsPage>(`${pathOf(org)}/requests`, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: refreshMs || false,
    enabled: org !== '',
  })
}

export function useAudit(org: string, query: Query) {
  return useInfiniteQuery({
    queryKey: ['audit', org, query],
    queryFn: ({ pageParam, signal }) =>
      call<AuditPage>(`${pathOf(org)}/audit`, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    enabled: org !== '',
  })
}

/** Fetches a table as CSV and hands it to the browser as a file. The token stays in the header, never in an address. */
export async function downloadCsv(path: string, query: Query, name: string): Promise<void> {
  const text = await callForText(path, { query, accept: 'text/csv' })
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
