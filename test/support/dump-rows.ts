import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Queryable } from '../../src/store/index.ts'
import { evidenceFolder } from './canary.ts'

/**
 * Writes every row of every table as text (bytes in hex) to where the canary search looks. The schema is read from the
 * database itself, so a table that is added later is searched too.
 */
export async function dumpRows(database: Queryable, name: string): Promise<void> {
  const tables = await database.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  )
  const file = createWriteStream(join(evidenceFolder(name), 'rows.txt'))
  for (const table of tables) {
    const rows = await database.query<{ text: string }>(`select t::text as text from ${table.name} t`)
    for (const row of rows) file.write(`${table.name} ${row.text}\n`)
  }
  await new Promise<void>((resolve) => file.end(resolve))
}
