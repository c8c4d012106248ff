/** Loads many things in one go. Keys that are not in the answer do not exist. */
export type LoadMany<Key, Value> = (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>

export interface BatchedLoad<Key, Value> {
  /** The same promise for everyone who asks for this key until it is settled. */
  load(key: Key): Promise<Value | undefined>
  /** Who asks from now on gets a load that starts after this call, even when one is under way. */
  restart(key: Key): void
}

interface Batch<Key, Value> {
  keys: Key[]
  result: Promise<ReadonlyMap<Key, Value>>
}

/**
 * Single flight for each key, and one call of `loadMany` for all keys that are asked for in the same turn of the event
 * loop (at most `maxKeys` of them).
 */
export function createBatchedLoad<Key, Value>(
  loadMany: LoadMany<Key, Value>,
  { maxKeys = 500 }: { maxKeys?: number } = {},
): BatchedLoad<Key, Value> {
  const inFlight = new Map<Key, Promise<Value | undefined>>()
  let open: Batch<Key, Value> | undefined

  function join(key: Key): Promise<ReadonlyMap<Key, Value>> {
    if (!open || open.keys.length >= maxKeys) {
      const keys: Key[] = []
      const result = new Promise<void>((go) => setImmediate(go)).then(() => {
        if (open?.keys === keys) open = undefined
        return loadMany(keys)
      })
      open = { keys, result }
    }
    open.keys.push(key)
    return open.result
  }

  return {
    load(key) {
      const running = inFlight.get(key)
      if (running) return running
      const started = join(key)
        .then((values) => values.get(key))
        .finally(() => {
          if (inFlight.get(key) === started) inFlight.delete(key)
        })
      inFlight.set(key, started)
      return started
    },
    restart(key) {
      inFlight.delete(key)
    },
  }
}
