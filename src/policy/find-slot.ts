import type { KeyFacts } from './decision.ts'

export type Slot = Pick<KeyFacts, 'holder' | 'user' | 'provider' | 'environment'>

/**
 * The key of a slot, all four parts compared exactly: never another user's, environment's or holder's.
 * A linear search, because most organizations have a handful of keys, and most comparisons end at the provider.
 */
export function findSlot(keys: readonly KeyFacts[], slot: Slot): KeyFacts | undefined {
  for (const key of keys) {
    if (
      key.provider === slot.provider &&
      key.user === slot.user &&
      key.environment === slot.environment &&
      key.holder === slot.holder
    )
      return key
  }
  return undefined
}
