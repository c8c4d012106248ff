import type { MaskedKey } from '../../contract/index.ts'
import type { Queryable } from '../../store/index.ts'

export type Restorable = NonNullable<MaskedKey['restorable']>

/** Key → the version before it, for every key of the organization that can go back to one. */
export async function listRestorable(
  queryable: Queryable,
  { org, now }: { org: string; now: number },
): Promise<ReadonlyMap<string, Restorable>> {
  const rows = await queryable.query<{ key_id: string; restorable_until: Date; hint: string }>(
    `select s.key_id, s.restorable_until, s.kept->>'hint' as hint from key_secrets s join provider_keys k on k.id = s.key_id
      where k.org_id = $1 and s.restorable_until > $2 order by s.version`,
    [org, new Date(now)],
  )
  return new Map(
    rows.map(({ key_id, hint, restorable_until }) => [key_id, { hint, until: restorable_until.toISOString() }]),
  )
}
