import { OwnkeyError } from '../../contract/index.ts'
import { counted } from '../../lib/index.ts'
import type { Queryable } from '../../store/index.ts'

/** At most so many tests of keys in ten minutes, so that the button is of no use for sorting stolen keys. */
const windowMs = 600_000
const windowMinutes = windowMs / 60_000
const limits = [
  { name: 'user', most: 60, detail: 'You have tested too many keys.' },
  { name: 'org', most: 120, detail: 'Too many keys were tested in this organization.' },
  { name: 'all', most: 3_000, detail: 'Too many keys are being tested right now.' },
] as const

/**
 * Counts one test for the user, the organization and everybody, on all nodes together.
 * @throws OwnkeyError `rate_limited`
 */
export async function limitTests(
  queryable: Queryable,
  { org, user, now }: { org: string; user: string; now: number },
): Promise<void> {
  const start = Math.floor(now / windowMs) * windowMs
  const buckets = { user: `test:user:${org}:${user}`, org: `test:org:${org}`, all: 'test:all' }
  for (const { name, most, detail } of limits) {
    const [row] = await queryable.query<{ used: number }>(
      `insert into rate_windows (bucket, window_start, used) values ($1, $2, 1)
       on conflict (bucket, window_start) do update set used = rate_windows.used + 1 returning used`,
      [buckets[name], new Date(start)],
    )
    if ((row?.used ?? 0) <= most) continue
    const retryAfterSeconds = Math.max(1, Math.ceil((start + windowMs - now) / 1000))
    const minutes = Math.ceil(retryAfterSeconds / 60)
    throw new OwnkeyError('rate_limited', {
      detail: `${detail} At most ${most} in ${windowMinutes} minutes are allowed.`,
      fix: `Test again in ${counted(minutes, 'minute')}.`,
      facts: { limited: name, limit: most, window: windowMinutes, minutes },
      retryAfterSeconds,
    })
  }
  if (Math.random() < 0.01)
    await queryable.query('delete from rate_windows where window_start < $1', [new Date(start - windowMs)])
}
