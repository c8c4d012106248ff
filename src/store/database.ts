/**
 * One statement at a time, with `$1` parameters. Rows come as the driver gives them:
 * bigint as number (as bigint where a number cannot hold it), date as `YYYY-MM-DD`, timestamptz as Date, bytea as Buffer.
 * @param name for a large statement that comes again and again: each connection plans it only once. One name, always the same text.
 * @throws OwnkeyError `unavailable` when the database cannot be reached; else the driver's error with its SQLSTATE as `code`.
 */
export interface Queryable {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>
}

/** PostgreSQL, or the embedded database that speaks the same SQL. Every query of the system goes through here. */
export interface Database extends Queryable {
  readonly kind: 'postgres' | 'embedded'
  /** Something in between drops what is set for a session, as poolers do that share sessions: notifications are lost there. */
  readonly isPooled?: boolean
  /** Runs `work` in one transaction; rolls back when it throws. Not nested, and `work` asks `tx` only. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
  /**
   * Calls `heard` for every NOTIFY on the channel, from any process. Reconnects by itself; notifications may be lost
   * meanwhile, so nobody may depend on them alone. Answers with a function that stops listening.
   */
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>
  /** The pool's connections now; absent where there is no pool. */
  pool?(): { total: number; idle: number; waiting: number }
  close(): Promise<void>
}
