import { keepPreviousData, type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type {
  ActiveProvider,
  ExplainedDecision,
  ExplainRequest,
  KeyTest,
  MaskedKey,
  PatchKey,
  PutKey,
  SavedKey,
  Settings,
  TestKey,
  TryOut,
  TryOutRequest,
} from '../../../src/contract/index.ts'
import { call } from './client.ts'
import { useOrg } from './use-org.tsx'

/** All that the settings page shows. Kept fresh while it is open, because keys fail and recover by themselves. */
export function useSettings(environment?: string) {
  const { org } = useOrg()
  return useQuery({
    queryKey: ['settings', org, environment ?? ''],
    queryFn: ({ signal }) => call<Settings>(`${pathOf(org)}/settings`, { query: { environment }, signal }),
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  })
}

interface KeySlot {
  provider: string
  environment: string
}

/** What can be done with keys. Each answer refreshes the settings; nothing is shown before the server said so. */
export function useKeyActions({ provider, environment }: KeySlot) {
  const { org } = useOrg()
  const client = useQueryClient()
  const path = `${pathOf(org)}/keys/${encodeURIComponent(provider)}`
  const query = { environment }
  const refreshed = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
    const answer = await work
    await refresh(client, org)
    return answer
  }
  return {
    save: (body: PutKey) => refreshed(call<SavedKey>(path, { method: 'PUT', body: { ...body, environment } })),
    change: (body: PatchKey) => refreshed(call<MaskedKey>(path, { method: 'PATCH', body: { ...body, environment } })),
    /** Of a pasted key: nothing is stored, so nothing is refreshed. */
    testUnsaved: (body: TestKey) => call<KeyTest>(`${path}/test`, { method: 'POST', body: { ...body, environment } }),
    testSaved: () => refreshed(call<KeyTest>(`${path}/test`, { method: 'POST', body: { environment } })),
    remove: () => refreshed(call<void>(path, { method: 'DELETE', query })),
    enable: () => refreshed(call<MaskedKey>(`${path}/enable`, { method: 'POST', query })),
    disable: () => refreshed(call<MaskedKey>(`${path}/disable`, { method: 'POST', query })),
  }
}

/** Which provider serves all, where the plan lets one be chosen; null: the platform's AI. */
export function useActiveProvider() {
  const { org } = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ActiveProvider) =>
      call<unknown>(`${pathOf(org)}/settings/active-provider`, { method: 'PUT', body }),
    onSuccess: () => refresh(client, org),
  })
}

export function useDecision(request: ExplainRequest, shown: boolean) {
  const { org } = useOrg()
  return useQuery({
    queryKey: ['settings', org, 'explain', request],
    queryFn: ({ signal }) =>
      call<ExplainedDecision>(`${pathOf(org)}/explain`, { method: 'POST', body: request, signal }),
    enabled: shown,
  })
}

export function useTryOut() {
  const { org } = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: TryOutRequest) => call<TryOut>(`${pathOf(org)}/try-out`, { method: 'POST', body }),
    onSettled: () => refresh(client, org),
  })
}

export function pathOf(org: string): string {
  return `/orgs/${encodeURIComponent(org)}`
}

function refresh(client: QueryClient, org: string) {
  return Promise.all([
    client.invalidateQueries({ queryKey: ['settings', org] }),
    client.invalidateQueries({ queryKey: ['usage', org] }),
    client.invalidateQueries({ queryKey: ['requests', org] }),
    client.invalidateQueries({ queryKey: ['audit', org] }),
  ])
}
