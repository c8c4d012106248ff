import type { ClientBase, QueryResult } from 'pg'

export interface Statement {
  text: string
  values: readonly unknown[] | undefined
  /** With a name, a connection plans the statement only once; absent: each time. */
  name?: string | undefined
}

/** Runs one statement on one connection. @returns its rows; those of the last, when several were sent in one text */
export async function runOn<Row>(client: ClientBase, { text, values, name }: Statement): Promise<Row[]> {
  // Without parameters the driver uses the simple protocol, which lets a migration be many statements.
  if (values === undefined) return rowsOf<Row>(await client.query(text))
  const given = values as unknown[]
  return rowsOf<Row>(
    await (name === undefined ? client.query(text, given) : client.query({ name, text, values: given })),
  )
}

function rowsOf<Row>(result: QueryResult | QueryResult[]): Row[] {
  const last = Array.isArray(result) ? result.at(-1) : result
  return (last?.rows ?? []) as Row[]
}
