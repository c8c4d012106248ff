import type { Database } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { openPostgres, type PoolOptions } from './postgres.ts'

export interface OpenDatabaseOptions {
  /** `postgres://…`; absent or empty: the embedded database in `dataDir`. */
  url?: string | undefined
  /** Directory of the embedded database; made when it is not there. */
  dataDir: string
  pool?: PoolOptions | undefined
}

/**
 * Opens the database and proves that it answers. The caller closes it.
 * @throws OwnkeyError `unavailable` with a sentence that says what is wrong and what to do; never with a password.
 */
export function openDatabase({ url, dataDir, pool }: OpenDatabaseOptions): Promise<Database> {
  return url ? openPostgres(url, pool) : openEmbedded(dataDir)
}
