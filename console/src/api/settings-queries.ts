import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import type {
  ActiveProvider,
  ExplainedDecision,
  ExplainRequest,
  MaskedKey,
  PatchKey,
  PutKey,
  SavedKey,
  Settings,
  TestKey,
  TryOut,
  TryOutRequest,
} from '../../../src/contract/index.ts'
import { useKeyTest } from './key-test.ts'
import { ProblemError } from './problem-error.ts'
import { useAct } from './use-act.ts'
import { useApi } from './use-api.tsx'
import { useOrg } from './use-org.tsx'

/** All that the settings page shows. Kept fresh while it is open, because keys fail and recover by themselves. */
export function useSettings(environment?: string) {
  const { org } = useOrg()
  const { call } = useApi()
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
  const { call } = useApi()
  const client = useQueryClient()
  const path = keyPathOf(org, provider)
  const query = { environment }
  const refreshed = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
    const answer = await work.catch((error) => {
      refreshAfter(error, { client, org })
      throw error
    })
    await refresh(client, org)
    return answer
  }
  return {
    /** The hint of the key that is there now: another tab or person may have saved it since the page was fetched. */
    hintNow: async () => {
      const { providers } = await call<Settings>(`${pathOf(org)}/settings`, { query })
      return providers.find(({ id }) => id === provider)?.keys.find((key) => key.environment === environment)?.hint
    },
    save: (body: PutKey) => refreshed(call<SavedKey>(path, { method: 'PUT', body: { ...body, environment } })),
    change: (body: PatchKey) => refreshed(call<SavedKey>(path, { method: 'PATCH', body: { ...body, environment } })),
    remove: () => refreshed(call<void>(path, { method: 'DELETE', query })),
    enable: () => refreshed(call<MaskedKey>(`${path}/enable`, { method: 'POST', query })),
    /** Puts the key back that the current one replaced. */
    restore: () => refreshed(call<MaskedKey>(`${path}/restore`, { method: 'POST', query })),
    disable: () => refreshed(call<MaskedKey>(`${path}/disable`, { method: 'POST', query })),
  }
}

/** Deletes the keys of several providers, one after the other. One that is gone already is no hindrance. */
export function useRemoveKeys(environment: string) {
  const { org } = useOrg()
  const { call } = useApi()
  const client = useQueryClient()
  const remove = (provider: string) =>
    call<void>(keyPathOf(org, provider), { method: 'DELETE', query: { environment } })
  return async (providers: readonly string[]) => {
    try {
      for (const provider of providers)
        await remove(provider).catch((error) => {
          if (!(error instanceof ProblemError && error.code === 'key_unknown')) throw error
        })
    } finally {
      await refresh(client, org)
    }
  }
}

/** A test of the slot's key, pasted or saved; a saved key's badge is fetched anew. */
export function useSlotTest({ provider, environment }: KeySlot, { saved }: { saved: boolean }) {
  const { org } = useOrg()
  const client = useQueryClient()
  const path = `${keyPathOf(org, provider)}/test`
  const test = useKeyTest(
    path,
    saved ? { onDone: () => refresh(client, org), onRefused: (error) => refreshAfter(error, { client, org }) } : {},
  )
  return { ...test, run: (body: TestKey = {}) => test.mutate({ ...body, environment }) }
}

/** Which provider serves all, where the plan lets one be chosen; null: the platform's AI. */
export function useActiveProvider() {
  const { org } = useOrg()
  const { call } = useApi()
  const client = useQueryClient()
  return useAct({
    mutationFn: (body: ActiveProvider) =>
      call<unknown>(`${pathOf(org)}/settings/active-provider`, { method: 'PUT', body }),
    onSuccess: () => refresh(client, org),
  })
}

export function useDecision(request: ExplainRequest, shown: boolean) {
  const { org } = useOrg()
  const { call } = useApi()
  return useQuery({
    queryKey: ['settings', org, 'explain', request],
    queryFn: ({ signal }) =>
      call<ExplainedDecision>(`${pathOf(org)}/explain`, { method: 'POST', body: request, signal }),
    enabled: shown,
  })
}

export function useTryOut() {
  const { org } = useOrg()
  const { call } = useApi()
  const client = useQueryClient()
  return useAct({
    mutationFn: (body: TryOutRequest) => call<TryOut>(`${pathOf(org)}/try-out`, { method: 'POST', body }),
    onSettled() {
      // What a request says of its key is written down a moment after its answer.
      setTimeout(() => void refresh(client, org), 1_500)
      return refresh(client, org)
    },
  })
}

export function pathOf(org: string): string {
  return `/orgs/${encodeURIComponent(org)}`
}

function keyPathOf(org: string, provider: string): string {
  return `${pathOf(org)}/keys/${encodeURIComponent(provider)}`
}

/**
 * What was acted upon is gone, in another tab or by another person; or no answer came back, and it may have been done all the
 * same. What is shown is fetched anew.
 */
function refreshAfter(error: unknown, { client, org }: { client: QueryClient; org: string }): void {
  if (error instanceof ProblemError && [0, 404, 409].includes(error.status)) void refresh(client, org)
}

function refresh(client: QueryClient, org: string) {
  return Promise.all([
    client.invalidateQueries({ queryKey: ['settings', org] }),
    client.invalidateQueries({ queryKey: ['usage', org] }),
    client.invalidateQueries({ queryKey: ['requests'] }),
    client.invalidateQueries({ queryKey: ['audit'] }),
  ])
}
