import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import type {
  Balance,
  ConfigInForce,
  CreatedToken,
  CreateToken,
  GrantCredits,
  Health,
  Org,
  OrgsPage,
  PlatformKeys,
  PutOrg,
  SessionsPage,
  WebhookDeliveriesPage,
  WebhookDelivery,
  WebhookEndpoints,
} from '../../../src/contract/index.ts'
import { call } from './client.ts'
import { ProblemError } from './problem-error.ts'
import { pathOf } from './settings-queries.ts'
import { useAct } from './use-act.ts'

export function useConfig() {
  return useQuery({ queryKey: ['config'], queryFn: ({ signal }) => call<ConfigInForce>('/config', { signal }) })
}

/** @param which only those that need something, in the words of the API */
export function useOrgs(search: string, which: { failing?: 'true' | undefined } = {}) {
  return useInfiniteQuery({
    queryKey: ['orgs', search, which],
    queryFn: ({ pageParam, signal }) =>
      call<OrgsPage>('/orgs', { query: { search: search || undefined, ...which, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}

export function useOrgRecord(org: string) {
  return useQuery({ queryKey: ['orgs', 'one', org], queryFn: ({ signal }) => call<Org>(pathOf(org), { signal }) })
}

/** The code of a new organization's id that another one has. */
export const orgTaken = 'org_taken'

/** The organization as it is now; undefined where there is none. */
async function findOrg(id: string): Promise<Org | undefined> {
  try {
    return await call<Org>(pathOf(id))
  } catch (error) {
    // An id that cannot be one is told by the PUT.
    if (error instanceof ProblemError && [400, 404].includes(error.status)) return undefined
    throw error
  }
}

interface WrittenOrg {
  id: string
  body: PutOrg
  /** As it was when its form was opened; undefined: it is to be a new one. */
  before: Org | undefined
}

/**
 * A PUT brings an organization to a state: right for a product that syncs, wrong for a form. There a new one must not change
 * another, one that is gone must not come back, and what nobody touched stays as it is by now, a plan that was changed meanwhile say.
 */
async function writeOrg({ id, body, before }: WrittenOrg): Promise<Org> {
  const now = await (before ? call<Org>(pathOf(id)) : findOrg(id))
  if (now && !before) throw new ProblemError({ status: 409, code: orgTaken })
  const written = Object.entries(body).map(([name, value]) => {
    const field = name as keyof PutOrg & keyof Org
    return [name, now && before && isSame(value, before[field]) ? now[field] : value]
  })
  return call<Org>(pathOf(id), { method: 'PUT', body: Object.fromEntries(written) })
}

/** Values of fields; lists in any order. */
function isSame(one: unknown, other: unknown): boolean {
  const [a, b] = [one, other].map((value) => JSON.stringify([value].flat().sort()))
  return a === b
}

/** Calls that change organizations or hand out tokens; the lists are fetched anew afterwards. */
export function useOperatorActions() {
  const client = useQueryClient()
  const onSuccess = () => client.invalidateQueries({ queryKey: ['orgs'] })
  return {
    putOrg: useAct({ mutationFn: writeOrg, onSuccess }),
    grant: useAct({
      mutationFn: ({ id, body }: { id: string; body: GrantCredits }) =>
        call<Balance>(`${pathOf(id)}/credits`, { method: 'POST', body }),
      onSuccess,
    }),
    createToken: useAct({
      mutationFn: (body: CreateToken) => call<CreatedToken>('/tokens', { method: 'POST', body }),
    }),
  }
}

export function usePlatformKeys() {
  return useQuery({
    queryKey: ['platform-keys'],
    queryFn: ({ signal }) => call<PlatformKeys>('/platform-keys', { signal }),
    refetchInterval: 30_000,
  })
}

/** @param hours how far to look back */
export function useHealth(hours: number) {
  return useQuery({
    queryKey: ['health', hours],
    queryFn: ({ signal }) => call<Health>('/health', { query: { hours }, signal }),
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  })
}

export function useSessions(kind: string) {
  return useInfiniteQuery({
    queryKey: ['sessions', kind],
    queryFn: ({ pageParam, signal }) =>
      call<SessionsPage>('/sessions', { query: { kind: kind || undefined, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })
}

/** Ends a session, and those that its link opened. */
export function useRevokeSession() {
  const client = useQueryClient()
  return async (id: string) => {
    await call<void>(`/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' })
    await client.invalidateQueries({ queryKey: ['sessions'] })
  }
}

export function useWebhooks() {
  return useQuery({
    queryKey: ['webhooks', 'endpoints'],
    queryFn: ({ signal }) => call<WebhookEndpoints>('/webhooks', { signal }),
    refetchInterval: 15_000,
  })
}

export function useDeliveries(query: { state?: string | undefined; endpoint?: string | undefined }) {
  return useInfiniteQuery({
    queryKey: ['webhooks', 'deliveries', query],
    queryFn: ({ pageParam, signal }) =>
      call<WebhookDeliveriesPage>('/webhooks/deliveries', { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: 15_000,
  })
}

/** Sends deliveries again: one, or all that were given up for an endpoint. */
export function useReplay() {
  const client = useQueryClient()
  const onSuccess = () => client.invalidateQueries({ queryKey: ['webhooks'] })
  return {
    one: useAct({
      mutationFn: (id: string) =>
        call<WebhookDelivery>(`/webhooks/deliveries/${encodeURIComponent(id)}/replay`, { method: 'POST' }),
      onSuccess,
    }),
    dead: useAct({
      mutationFn: (endpoint: string) => call<unknown>('/webhooks/replay', { method: 'POST', body: { endpoint } }),
      onSuccess,
    }),
  }
}

export interface Titled {
  id: string
  title: string
}

interface Offered {
  plans: Titled[]
  addOns: Titled[]
  features: Titled[]
  platform: { name: string; aiName: string; logo: string | null; locales: string[]; colors: Record<string, string> }
}

/** What the configuration in force offers, read tolerantly: the server sends it as plain data. */
export function offeredBy({ config }: ConfigInForce): Offered {
  const record = (value: unknown) =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  const text = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise)
  const titled = (value: unknown) =>
    Object.entries(record(value)).map(([id, entry]) => ({ id, title: text(record(entry)['title'], id) }))
  const platform = record(config['platform'])
  const name = text(platform['name'], 'Ownkey')
  const asked = Object.values(record(config['features'])).flatMap((feature) => text(record(feature)['addOn'], '') || [])
  return {
    plans: titled(config['plans']),
    addOns: withIds(titled(config['addOns']), asked),
    features: titled(config['features']),
    platform: {
      name,
      aiName: text(platform['aiName'], `${name} AI`),
      logo: typeof platform['logo'] === 'string' ? platform['logo'] : null,
      locales: Array.isArray(platform['locales']) ? platform['locales'].map(String) : ['en'],
      colors: record(platform['colors']) as Record<string, string>,
    },
  }
}

/** The list with those ids besides that it lacks, which are called by themselves. */
export function withIds(offered: readonly Titled[], ids: readonly string[]): Titled[] {
  const lacking = [...new Set(ids)].filter((id) => !offered.some((one) => one.id === id))
  return [...offered, ...lacking.map((id) => ({ id, title: id }))]
}
