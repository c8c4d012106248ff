import { lowestIdAt, randomBase62 } from '../lib/index.ts'

/** Ids that sort by time and tell what they are of. */
export function newTokenId(now: number): string {
  return `tok_${lowestIdAt(now).slice(0, 10)}${randomBase62(12)}`
}

export function newSessionId(now: number): string {
  return `ses_${lowestIdAt(now).slice(0, 10)}${randomBase62(12)}`
}
