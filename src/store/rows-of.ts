import type { QueryResult } from 'pg'

/** The rows of a result; of the last statement, when several were sent in one text. */
export function rowsOf<Row>(result: QueryResult | QueryResult[]): Row[] {
  const last = Array.isArray(result) ? result.at(-1) : result
  return (last?.rows ?? []) as Row[]
}
