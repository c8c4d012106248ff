import { useInfiniteQuery } from '@tanstack/react-query'
import type { AuditPage, RequestsPage } from '../../../src/contract/index.ts'
import { useApi } from './use-api.tsx'

type Query = Record<string, string | undefined>

/**
 * @param path the list: `/orgs/{org}/requests`, or the operator's `/requests` of all organizations
 * @param refreshMs how often the first page is asked for again; 0: never
 */
export function useRequests(path: string, query: Query, refreshMs = 0) {
  const { call } = useApi()
  return useInfiniteQuery({
    queryKey: ['requests', path, query],
    queryFn: ({ pageParam, signal }) => call<RequestsPage>(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: refreshMs || false,
  })
}

/** @param path the trail: `/orgs/{org}/audit`, or the operator's `/audit/search` over all */
export function useAudit(path: string, query: Query) {
  const { call } = useApi()
  return useInfiniteQuery({
    queryKey: ['audit', path, query],
    queryFn: ({ pageParam, signal }) => call<AuditPage>(path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })
}
