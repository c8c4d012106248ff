import type { ErrorClass, Holder, KeyStatus } from '../../contract/index.ts'
import type { Queryable } from '../database.ts'

/** Where one own key fits. */
export interface KeySlot {
  org: string
  holder: Holder
  /** Empty for an organization's key. */
  user: string
  provider: string
  environment: string
}

export interface ProviderKeyRow {
  id: string
  org_id: string
  holder: Holder
  user_id: string
  provider: string
  environment: string
  state: 'active' | 'disabled'
  version: number
  hint: string
  last4: string
  origin: string
  custom_host: boolean
  base_url: string | null
  region: string | null
  scope: string
  model: string | null
  fallback: boolean | null
  label: string | null
  owner: string | null
  /** `YYYY-MM-DD` */
  rotate_by: string | null
  status: KeyStatus
  /** The failure of real traffic that gave the status; null when a test did, or there is none. */
  status_class: ErrorClass | null
  last_test: Record<string, unknown> | null
  last_used_at: Date | null
  created_at: Date
  created_by: string
  updated_at: Date
  updated_by: string
}

export type ProviderKeyFields = Omit<ProviderKeyRow, 'last_used_at' | 'created_at' | 'updated_at'>

/** Columns that an update may set; `id` and the slot never change. */
const settable = [
  'state',
  'version',
  'hint',
  'last4',
  'origin',
  'custom_host',
  'base_url',
  'region',
  'scope',
  'model',
  'fallback',
  'label',
  'owner',
  'rotate_by',
  'status',
  'status_class',
  'last_test',
  'updated_by',
] as const satisfies readonly (keyof ProviderKeyRow)[]

export type ProviderKeyChanges = Partial<Pick<ProviderKeyRow, (typeof settable)[number]>>

/** A lock keeps the key as it is until the transaction ends. */
export async function getKeyInSlot(
  queryable: Queryable,
  slot: KeySlot,
  lock?: 'for update',
): Promise<ProviderKeyRow | undefined> {
  const [row] = await queryable.query<ProviderKeyRow>(
    `select * from provider_keys
      where org_id = $1 and holder = $2 and user_id = $3 and provider = $4 and environment = $5 ${lock ?? ''}`,
    [slot.org, slot.holder, slot.user, slot.provider, slot.environment],
  )
  return row
}

export async function getKeyById(
  queryable: Queryable,
  key: { org: string; id: string },
  lock?: 'for update',
): Promise<ProviderKeyRow | undefined> {
  const [row] = await queryable.query<ProviderKeyRow>(
    `select * from provider_keys where org_id = $1 and id = $2 ${lock ?? ''}`,
    [key.org, key.id],
  )
  return row
}

/** All keys of an organization, whoever holds them. */
export function listKeys(queryable: Queryable, org: string): Promise<ProviderKeyRow[]> {
  return queryable.query<ProviderKeyRow>(
    'select * from provider_keys where org_id = $1 order by provider, environment, user_id',
    [org],
  )
}

/** How many own keys there are, by provider and status; disabled ones are counted as `disabled`. */
export function countKeysByStatus(
  queryable: Queryable,
): Promise<{ provider: string; status: KeyStatus | 'disabled'; count: number }[]> {
  return queryable.query(
    `select provider, case when state = 'active' then status else state end as status, count(*) as count
       from provider_keys group by 1, 2 order by 1, 2`,
  )
}

export async function insertKey(tx: Queryable, fields: ProviderKeyFields): Promise<ProviderKeyRow> {
  const columns = ['id', 'org_id', 'holder', 'user_id', 'provider', 'environment', ...settable, 'created_by'] as const
  const [row] = await tx.query<ProviderKeyRow>(
    `insert into provider_keys (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning *`,
    columns.map((column) => fields[column]),
  )
  return row as ProviderKeyRow
}

/** Sets the given columns; those that are undefined stay. */
export async function updateKeyRow(
  tx: Queryable,
  id: string,
  changes: ProviderKeyChanges,
): Promise<ProviderKeyRow | undefined> {
  const columns = settable.filter((column) => changes[column] !== undefined)
  const [row] = await tx.query<ProviderKeyRow>(
    `update provider_keys set ${columns.map((column, index) => `${column} = $${index + 2}, `).join('')} updated_at = now()
      where id = $1 returning *`,
    [id, ...columns.map((column) => changes[column])],
  )
  return row
}

/** The key's rows are really gone, its ciphertexts with it. */
export async function deleteKeyRow(tx: Queryable, id: string): Promise<void> {
  await tx.query('delete from provider_keys where id = $1', [id])
}

/** Stores a test's result for the version that was tested. False: the key is gone or has a newer version by now. */
export async function setKeyTest(
  queryable: Queryable,
  key: { org: string; id: string; version: number },
  result: { status: KeyStatus; lastTest?: Readonly<Record<string, unknown>> | undefined },
): Promise<boolean> {
  const rows = await queryable.query(
    `update provider_keys set status = $4, status_class = null, last_test = coalesce($5::jsonb, last_test)
      where org_id = $1 and id = $2 and version = $3 returning id`,
    [key.org, key.id, key.version, result.status, result.lastTest ? JSON.stringify(result.lastTest) : null],
  )
  return rows.length > 0
}

/** Many keys in one statement; a time never goes back. */
export async function setKeysUsed(queryable: Queryable, uses: readonly { id: string; at: Date }[]): Promise<void> {
  await queryable.query(
    `update provider_keys k set last_used_at = greatest(k.last_used_at, used.at)
       from (select id, max(at) as at from unnest($1::text[], $2::timestamptz[]) as u(id, at) group by id) used
      where k.id = used.id`,
    [uses.map(({ id }) => id), uses.map(({ at }) => at)],
  )
}

/** What real traffic said of one version of a key. */
export interface KeySighting {
  id: string
  version: number
  status: KeyStatus
  /** The class of failure; absent when the key served. */
  errorClass?: ErrorClass | undefined
  at: Date
}

/** Many keys in one statement, each once; only what differs is written, and nothing over a test that came later. */
export async function setKeysSeen(queryable: Queryable, seen: readonly KeySighting[]): Promise<void> {
  await queryable.query(
    `update provider_keys k set status = seen.status, status_class = seen.class
       from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::timestamptz[])
            as seen(id, version, status, class, at)
      where k.id = seen.id and k.version = seen.version
        and (k.status, k.status_class) is distinct from (seen.status, seen.class)
        and coalesce((k.last_test->>'at')::timestamptz < seen.at, true)`,
    [
      seen.map(({ id }) => id),
      seen.map(({ version }) => version),
      seen.map(({ status }) => status),
      seen.map(({ errorClass }) => errorClass ?? null),
      seen.map(({ at }) => at),
    ],
  )
}
