import type { Queryable, RestorableRow } from '../../store/index.ts'

/** The version of a key that can be put back, as long as that lasts. */
export interface Restorable {
  until: Date
  kept: Pick<RestorableRow['kept'], 'hint' | 'origin' | 'custom_host' | 'region'>
}

/** Key → the version before it, for every key of the organization that can go back to one. */
export async function listRestorable(
  queryable: Queryable,
  { org, now }: { org: string; now: number },
): Promise<ReadonlyMap<string, Restorable>> {
  const rows = await queryable.query<{ key_id: string; until: Date; kept: Restorable['kept'] }>(
    `select s.key_id, s.restorable_until as until, s.kept from key_secrets s join provider_keys k on k.id = s.key_id
      where k.org_id = $1 and s.restorable_until > $2 order by s.version`,
    [org, new Date(now)],
  )
  return new Map(rows.map(({ key_id, until, kept }) => [key_id, { until, kept }]))
}
