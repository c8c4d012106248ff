import type { Queryable } from '../database.ts'

export interface CountedJob {
  org: string
  provider: string
  /** The provider's id of it. */
  job: string
  /** The entry that has its counts. */
  entry: string
}

/** Notes that an entry has a job's counts. Answers with false when another one has them. */
export async function noteCountedJob(
  queryable: Queryable,
  { org, provider, job, entry }: CountedJob,
): Promise<boolean> {
  const noted = await queryable.query(
    `insert into counted_jobs as c (org_id, provider, job, entry_id) values ($1, $2, $3, $4)
     on conflict (org_id, provider, job) do update set entry_id = c.entry_id where c.entry_id = excluded.entry_id
     returning 1 as one`,
    [org, provider, job, entry],
  )
  return noted.length > 0
}
