import type { Database, Queryable } from '../../store/index.ts'

/** A database whose transaction is the one that runs already, so that a verb of the vault and ours commit together. */
export function inside(tx: Queryable, database: Database): Database {
  return {
    kind: database.kind,
    query: (text, values) => tx.query(text, values),
    transaction: (work) => work(tx),
    listen: (channel, heard) => database.listen(channel, heard),
    close: () => database.close(),
  }
}
