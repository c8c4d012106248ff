import { type Queryable, setKeysUsed } from '../store/index.ts'

/** Notes when keys were last used, many in one statement. @param uses key id → milliseconds since 1970 */
export async function touchLastUsed(queryable: Queryable, uses: ReadonlyMap<string, number>): Promise<void> {
  if (uses.size === 0) return
  await setKeysUsed(
    queryable,
    [...uses].map(([id, at]) => ({ id, at: new Date(at) })),
  )
}
