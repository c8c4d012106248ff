import { dayMs } from '../../lib/index.ts'
import type { Queryable } from '../../store/index.ts'

interface Kept {
  table: string
  /** When a row's time was over; null as long as it is not. */
  end: string
  keptMs: number
}

const validity = 'least(expires_at, revoked_at)'

/** How long is kept what is over. */
const ended: readonly Kept[] = [
  // Its id may still be looked for.
  { table: 'sessions', end: validity, keptMs: dayMs },
  // Somebody may ask why a program is refused.
  { table: 'tokens', end: validity, keptMs: 30 * dayMs },
  // What failed last time, and when.
  { table: 'notices', end: 'resolved_at', keptMs: 90 * dayMs },
]

/** One statement deletes so many; the rest goes with the next ones. */
const atOnce = 5_000

/** Deletes sessions, tokens and notices some time after their end, and with them who had them. */
export async function dropEnded(queryable: Queryable, now: number = Date.now()): Promise<void> {
  for (const { table, end, keptMs } of ended)
    await queryable.query(
      `delete from ${table} where id in (select id from ${table} where ${end} < $1 order by ${end} limit $2)`,
      [new Date(now - keptMs), atOnce],
    )
}
