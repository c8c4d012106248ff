import type { Queryable } from '../../src/store/index.ts'

const windowMs = 600_000

/**
 * Counts so many tests of keys in these ten minutes, and in the next, which may begin any moment.
 * @param buckets a name, or a pattern with `%` for those that there are
 */
export async function useUpTests(database: Queryable, buckets: string, used = 60): Promise<void> {
  await database.query(
    `with meant as (select bucket from rate_windows where bucket like $1 union select $1 where position('%' in $1) = 0)
     insert into rate_windows (bucket, window_start, used)
     select bucket, $2::timestamptz + n * interval '10 minutes', $3 from meant, generate_series(0, 1) n
     on conflict (bucket, window_start) do update set used = excluded.used`,
    [buckets, new Date(Math.floor(Date.now() / windowMs) * windowMs), used],
  )
}
