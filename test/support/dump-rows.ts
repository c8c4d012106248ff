import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { evidenceFolder } from './evidence.ts'

/** A database of ours, or a bare connection. */
export interface Rows {
  query<Row>(text: string): Promise<Row[]>
}

/**
 * Writes every row of every table as text (bytes in hex) to where the canary search looks. The schema is read from the
 * database itself, so a table that is added later is searched too.
 */
export async function dumpRows(database: Rows, name: string): Promise<void> {
  const tables = await database.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  )
  const lines: string[] = []
  for (const table of tables) {
    const rows = await database.query<{ text: string }>(`select t::text as text from ${table.name} t`)
    for (const row of rows) lines.push(`${table.name} ${row.text}\n`)
  }
  writeFileSync(join(evidenceFolder(name), 'rows.txt'), lines.join(''))
}
