import { OwnkeyError } from '../contract/index.ts'
import type { Database } from '../store/index.ts'
import { type KeptRecord, keepRecord } from '../vault/index.ts'
import type { Environment } from './environment.ts'
import type { Log } from './log.ts'

/** The record outside the database of what was taken out of service, kept for as long as the server runs. */
export function openKeptRecord({
  database,
  environment,
  log,
}: {
  database: Database
  environment: Environment
  log: Log
}): KeptRecord {
  return keepRecord({
    database,
    folder: environment.recordDir,
    onTrouble: ({ path, error }) =>
      log.warn('withdrawals_not_recorded', {
        file: path,
        error,
        fix: 'Give the folder to the user that runs the server, make room on its disk, or name another one in OWNKEY_RECORD_DIR: without the file a database that is put back to an older state is not noticed.',
      }),
    onRestored: (error) => log.error('database_restored', { error, fix: error.fix }),
  })
}

/** The error for callers while a restored database is not served. What exactly happened is told to the operator only. */
export function databaseNotTrusted(): OwnkeyError {
  return new OwnkeyError('unavailable', {
    detail: 'The server does not serve its database until an operator has looked at it.',
    retryAfterSeconds: 60,
  })
}
