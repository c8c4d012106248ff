import { createContext, useCallback, useContext, useEffect, useReducer, useRef, useState } from 'react'

/**
 * Stands in for TanStack Query where every byte counts: the few of its functions that the shared views use, for one widget
 * on one page. Nothing is kept beyond what is shown, and what failed is asked for again only when someone wants it.
 */
type Key = readonly unknown[]

interface Shown {
  key: Key
  refetch(): Promise<void>
}

export class QueryClient {
  readonly shown = new Set<Shown>()
  readonly #asked = new Map<string, Promise<unknown>>()

  /** Views that want the same at the same time share one call. */
  ask<Data>(key: string, queryFn: () => Promise<Data>): Promise<Data> {
    const asked = (this.#asked.get(key) as Promise<Data> | undefined) ?? queryFn()
    this.#asked.set(key, asked)
    const forget = () => {
      if (this.#asked.get(key) === asked) this.#asked.delete(key)
    }
    asked.then(forget, forget)
    return asked
  }

  /** Asks again for everything shown whose key begins so; resolves when the answers are here. */
  async invalidateQueries({ queryKey }: { queryKey: Key }): Promise<void> {
    // What is under way was asked before the change.
    this.#asked.clear()
    const affected = [...this.shown].filter(({ key }) =>
      queryKey.every((part, place) => JSON.stringify(part) === JSON.stringify(key[place])),
    )
    await Promise.all(affected.map((one) => one.refetch()))
  }
}

const ClientContext = createContext<QueryClient>(new QueryClient())
export const QueryClientProvider = ClientContext.Provider
export const useQueryClient = () => useContext(ClientContext)

/** The mark that old data stay while new ones are fetched. */
export const keepPreviousData = Symbol('keep')

interface QueryOptions<Data> {
  queryKey: Key
  queryFn(context: { signal: AbortSignal }): Promise<Data>
  enabled?: boolean
  refetchInterval?: number | false
  placeholderData?: typeof keepPreviousData
}

interface QueryState<Data> {
  key: string
  data?: Data | undefined
  error?: Error | undefined
}

export function useQuery<Data>(options: QueryOptions<Data>) {
  const { queryKey, enabled = true, refetchInterval } = options
  const key = JSON.stringify(queryKey)
  const client = useQueryClient()
  const [state, setState] = useState<QueryState<Data>>({ key })
  const latest = useRef(options)
  latest.current = options
  const fetching = useRef<AbortController>(undefined)
  const refetch = useCallback(async () => {
    fetching.current?.abort()
    const controller = new AbortController()
    fetching.current = controller
    const { signal } = controller
    const wanted = JSON.stringify(latest.current.queryKey)
    const settle = (next: Omit<QueryState<Data>, 'key'>) => {
      if (!signal.aborted) setState((before) => ({ ...(before.key === wanted ? before : {}), key: wanted, ...next }))
    }
    // Shared, so that no view may stop it; what comes too late for this one is not shown.
    const asked = client.ask(wanted, () => latest.current.queryFn({ signal: new AbortController().signal }))
    await asked.then(
      (data) => settle({ data, error: undefined }),
      (error: Error) => settle({ error }),
    )
  }, [client])
  useEffect(() => {
    if (!enabled) return
    const shown = { key: JSON.parse(key) as Key, refetch }
    client.shown.add(shown)
    void refetch()
    const timer = refetchInterval ? setInterval(() => !document.hidden && void refetch(), refetchInterval) : undefined
    return () => {
      client.shown.delete(shown)
      clearInterval(timer)
      fetching.current?.abort()
    }
  }, [client, key, enabled, refetchInterval, refetch])
  const current = state.key === key || options.placeholderData === keepPreviousData ? state : undefined
  const { data, error } = current ?? {}
  return {
    data,
    error: error ?? null,
    isPending: data === undefined && !error,
    isError: error !== undefined,
    isSuccess: data !== undefined && !error,
    refetch,
  }
}

interface MutationOptions<Data, Input> {
  mutationFn(input: Input): Promise<Data>
  onSuccess?(data: Data): unknown
  onSettled?(): unknown
}

type MutationState<Data> = { data?: Data | undefined; error?: Error | undefined; isPending?: boolean }

export function useMutation<Data, Input = void>(options: MutationOptions<Data, Input>) {
  const [state, change] = useReducer((_: MutationState<Data>, next: MutationState<Data>) => next, {})
  const run = useRef(0)
  const mutate = async (input: Input, { onSuccess }: { onSuccess?: (data: Data) => void } = {}) => {
    const mine = ++run.current
    const show = (next: MutationState<Data>) => mine === run.current && change(next)
    show({ isPending: true })
    try {
      const data = await options.mutationFn(input)
      await options.onSuccess?.(data)
      show({ data })
      onSuccess?.(data)
    } catch (error) {
      show({ error: error as Error })
    }
    await options.onSettled?.()
  }
  return {
    mutate: (...input: Parameters<typeof mutate>) => void mutate(...input),
    reset: () => {
      run.current++
      change({})
    },
    data: state.data,
    error: state.error ?? null,
    isPending: state.isPending ?? false,
    isSuccess: state.data !== undefined,
  }
}
