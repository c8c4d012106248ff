import { type KeySighting, type Queryable, setKeysSeen } from '../store/index.ts'

/** Stores what real traffic showed about keys, many in one statement; each key at most once. */
export async function noteSeen(queryable: Queryable, seen: readonly KeySighting[]): Promise<void> {
  if (seen.length > 0) await setKeysSeen(queryable, seen)
}
