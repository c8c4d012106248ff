import type { Queryable } from '../database.ts'

/** A table that holds rows of organizations. Read from the schema itself, so that a table that is added later is in it. */
export interface OrganizationTable {
  name: string
  /** The column with the organization's id. */
  org: 'org_id' | 'id'
  /** Columns of bytes: hashes, MACs, ciphertexts. Never exported. */
  bytes: string[]
  /** What its rows are read by, in order. */
  key: { name: string; type: string }[]
}

interface ColumnRow {
  table_name: string
  column_name: string
  type: string
  place: number | null
}

/** Reading many rows of one organization must not walk over all the others'. */
const readBy: Readonly<Record<string, readonly string[]>> = { entries: ['started_at', 'id'] }

export async function listOrganizationTables(queryable: Queryable): Promise<OrganizationTable[]> {
  const rows = await queryable.query<ColumnRow>(
    `select c.relname as table_name, a.attname as column_name, format_type(a.atttypid, null) as type,
            array_position(i.indkey::smallint[], a.attnum) as place
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       left join pg_index i on i.indrelid = c.oid and i.indisprimary
      where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
        and (c.relname = 'organizations' or exists (
          select 1 from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id' and not o.attisdropped))
      order by c.relname, a.attnum`,
  )
  const names = [...new Set(rows.map(({ table_name }) => table_name))]
  return names.map((name) => {
    const columns = rows.filter((row) => row.table_name === name)
    const primary = columns
      .filter(({ place }) => place !== null)
      .sort((a, b) => (a.place ?? 0) - (b.place ?? 0))
      .map(({ column_name }) => column_name)
    const key = readBy[name] ?? primary
    return {
      name,
      org: name === 'organizations' ? 'id' : 'org_id',
      bytes: columns.filter(({ type }) => type === 'bytea').map(({ column_name }) => column_name),
      key: key.map((column) => ({
        name: column,
        type: columns.find(({ column_name }) => column_name === column)?.type ?? 'text',
      })),
    }
  })
}

export interface OrganizationRowText {
  /** One row as JSON, numbers exact, without columns of bytes. */
  row: string
  /** The row's place, for the next page. */
  key: string[]
}

/** A page of one table's rows of an organization. Names come from the schema, never from outside. */
export async function readOrganizationRows(
  queryable: Queryable,
  { name, org, bytes, key }: OrganizationTable,
  page: { org: string; after?: readonly string[] | undefined; limit: number },
): Promise<OrganizationRowText[]> {
  const columns = key.map((each) => `t.${quote(each.name)}`)
  const places = key.map(({ type }, index) => `$${index + 4}::text::${type}`)
  const beyond = page.after ? `and (${columns.join(', ')}) > (${places.join(', ')})` : ''
  return queryable.query<OrganizationRowText>(
    `select (to_jsonb(t) - $2::text[])::text as row, array[${columns.map((each) => `${each}::text`).join(', ')}] as key
       from ${quote(name)} t where t.${org} = $1 ${beyond} order by ${columns.join(', ')} limit $3`,
    [page.org, bytes, page.limit, ...(page.after ?? [])],
  )
}

/**
 * Deletes every row of an organization from every table, and the organization itself.
 * @returns rows by table; only tables that had some
 */
export async function deleteOrganizationData(tx: Queryable, org: string): Promise<Record<string, number>> {
  await tx.query('set local statement_timeout = 0')
  const counts: Record<string, number> = {}
  const note = (table: string, count: number) => {
    if (count > 0) counts[table] = count
  }
  const secrets = await countRows(
    tx,
    `with gone as (delete from key_secrets s using provider_keys k where k.id = s.key_id and k.org_id = $1 returning 1)`,
    [org],
  )
  note('key_secrets', secrets)
  const tables = await listOrganizationTables(tx)
  for (const table of tables.sort((a, b) => placeOf(a) - placeOf(b))) {
    note(table.name, await deleteRows(tx, table, org))
  }
  const buckets = await countRows(
    tx,
    `with gone as (delete from rate_windows
       where bucket = 'test:org:' || $1 or starts_with(bucket, 'test:user:' || $1 || ':') returning 1)`,
    [org],
  )
  note('rate_windows', buckets)
  return counts
}

/**
 * Events first: deliveries are made of them by whoever holds their rows, and those are there once the rows can be deleted.
 * The organization last: others refer to it, and what goes with it by itself would not be counted.
 */
function placeOf({ name, org }: OrganizationTable): number {
  return name === 'webhook_events' ? 0 : org === 'org_id' ? 1 : 2
}

/**
 * What requests that were on their way wrote after their organization was deleted. An id that is in use again is left alone.
 * @returns how many rows
 */
export async function deleteStragglers(tx: Queryable): Promise<number> {
  const gone = await tx.query<{ org: string }>(
    `select distinct d.org from deletions d
      where d.deleted_at > now() - interval '2 hours' and not exists (select 1 from organizations o where o.id = d.org)`,
  )
  if (gone.length === 0) return 0
  const orgs = gone.map(({ org }) => org)
  let count = 0
  for (const { name, org } of await listOrganizationTables(tx)) {
    if (org === 'org_id')
      count += await countRows(
        tx,
        `with gone as (delete from ${quote(name)} t where t.org_id = any($1::text[])
           and not exists (select 1 from organizations o where o.id = t.org_id) returning 1)`,
        [orgs],
      )
  }
  return count
}

function deleteRows(tx: Queryable, { name, org: column }: OrganizationTable, org: string): Promise<number> {
  return countRows(tx, `with gone as (delete from ${quote(name)} where ${column} = $1 returning 1)`, [org])
}

async function countRows(tx: Queryable, statement: string, values: readonly unknown[]): Promise<number> {
  const [row] = await tx.query<{ count: number }>(`${statement} select count(*) as count from gone`, values)
  return row?.count ?? 0
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
