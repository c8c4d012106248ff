import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { OwnkeyError } from '../contract/index.ts'
import { generateMasterKey, type Keyring, parseKeyring } from '../crypto/index.ts'
import { checkTables, type Database, inspectMigrations, migrate, openDatabase } from '../store/index.ts'
import { checkMasterKey, checkNotRestored, isUnderMasterKey, verifyMasterKey } from '../vault/index.ts'
import type { Environment } from './environment.ts'
import { generatedSecret, makeDataDir } from './generated-secret.ts'

const masterKeyFile = 'master-key'

/** The database with the master key that is proved to belong to it. */
export interface OpenVault {
  database: Database
  keyring: Keyring
  close(): Promise<void>
}

/** The master key: the one of the environment, else the one that is kept in the data folder (never in production). */
export function keyringOf({ masterKey, dataDir }: Environment): Keyring {
  if (masterKey) return parseKeyring(masterKey)
  const { secret, path } = generatedSecret(dataDir, masterKeyFile, generateMasterKey)
  return parseKeyring(secret, path)
}

/** Whether there is one already, in the environment or in the data folder. */
export function hasMasterKey({ masterKey, dataDir }: Environment): boolean {
  return masterKey !== undefined || existsSync(join(dataDir, masterKeyFile))
}

/** Whether a database may be there. An embedded one that is not is made by whoever opens it. */
export function hasDatabase({ databaseUrl, dataDir }: Environment): boolean {
  return databaseUrl !== undefined || existsSync(join(dataDir, 'database'))
}

export interface OpenVaultOptions {
  migrate: boolean
  /** For commands that work on what a server has made: where there is nothing, nothing is made. Default: a new one is made. */
  existing?: boolean | undefined
  /** Opens a database that was put back to an older state too, for commands that look at it or mend it. */
  evenRestored?: boolean | undefined
}

/**
 * Opens the database and proves the master key, and that it was not put back to an older state, before anything is written
 * to it; then, when asked, brings the tables up to date and gives a new database its known text.
 * @throws OwnkeyError `master_key_invalid`, `database_restored`, `unavailable`
 */
export async function openVault(environment: Environment, options: OpenVaultOptions): Promise<OpenVault> {
  const { dataDir, databaseUrl, recordDir } = environment
  if (options.existing && !hasDatabase(environment)) throw nothingThere()
  // A given key is parsed before the database is opened, so that a bad one leaves nothing behind. A new one is made only after the
  // database is locked, so never beside a running server that has its own.
  const given = hasMasterKey(environment) ? keyringOf(environment) : undefined
  if (!databaseUrl) makeDataDir(dataDir)
  const database = await openDatabase({ url: databaseUrl?.reveal(), dataDir })
  let keyring: Keyring
  try {
    if (options.existing && (await inspectMigrations(database)).applied === 0) throw nothingThere()
    keyring = given ?? (await newKeyring(environment, { database, isKept: options.migrate }))
    await verifyMasterKey({ database, keyring })
    if (!options.evenRestored) await checkNotRestored({ database, folder: recordDir })
    if (options.migrate) {
      await migrate(database)
      await checkMasterKey({ database, keyring })
      await checkTables(database)
    }
  } catch (error) {
    await database.close()
    throw error
  }
  return { database, keyring, close: () => database.close() }
}

function nothingThere(): OwnkeyError {
  return new OwnkeyError('unavailable', {
    detail: 'There is no database of Ownkey here: no server has been started with it yet.',
    fix: 'Give the command the same DATABASE_URL, or the same OWNKEY_DATA_DIR, as the server.',
  })
}

/** Makes a master key, but only for a new database. For one that has a key, another would only hide that its key file is missing. */
async function newKeyring(
  environment: Environment,
  { database, isKept }: { database: Database; isKept: boolean },
): Promise<Keyring> {
  // Another process that starts at the same time may have made it meanwhile.
  if (!hasMasterKey(environment) && (await isUnderMasterKey(database)))
    throw new OwnkeyError('master_key_invalid', {
      detail: `The database has a master key, but there is none in BYOK_ENCRYPTION_KEY and no ${join(environment.dataDir, masterKeyFile)}. Nothing was written.`,
      fix: 'Put the file back, or set BYOK_ENCRYPTION_KEY to the key that this database was used with: without it no stored key can be read.',
    })
  // Whoever only looks at a database that has no master key yet leaves none behind.
  return isKept ? keyringOf(environment) : parseKeyring(generateMasterKey())
}

/** Migrates and checks once, for several processes that start after it. */
export async function prepareDatabase(environment: Environment): Promise<void> {
  const { close } = await openVault(environment, { migrate: true })
  await close()
}
