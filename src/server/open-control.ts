import type { FastifyInstance } from 'fastify'
import { OwnkeyError } from '../contract/index.ts'
import { createControl } from '../control/index.ts'
import { Secret } from '../crypto/index.ts'
import { randomBase62, systemClock } from '../lib/index.ts'
import { inspectMigrations } from '../store/index.ts'
import { createTenants } from '../tenants/index.ts'
import { openOuterLayer } from '../vault/index.ts'
import type { Environment } from './environment.ts'
import { createLiveConfig } from './live-config.ts'
import { localUrl } from './local-url.ts'
import type { Log } from './log.ts'
import { openVault } from './open-vault.ts'
import { version } from './version.ts'

export interface OpenControl {
  control: FastifyInstance
  /** Good for this one alone. */
  adminToken: Secret
  close(): Promise<void>
}

/**
 * The control API on the database, without a gateway: for a command that asks it something while no server runs. It makes no
 * files, brings no tables up to date (older servers may be using them), and does none of a server's work.
 * @throws ConfigError, OwnkeyError with what is missing
 */
export async function openControl({ environment, log }: { environment: Environment; log: Log }): Promise<OpenControl> {
  const live = createLiveConfig({ environment, sandbox: false, log })
  const { database, keyring, close: closeVault } = await openVault(environment, { migrate: false, existing: true })
  try {
    if ((await inspectMigrations(database)).pending.length > 0) throw ofAnOlderVersion()
  } catch (error) {
    await closeVault()
    throw error
  }
  const tenants = createTenants({
    database,
    unwrap: (sealed) => openOuterLayer({ database, keyring }, sealed),
    limits: () => live.current().limits,
  })
  const adminToken = new Secret(randomBase62(43))
  const control = createControl({
    database,
    keyring,
    tenants,
    inForce: () => live.current(),
    catchUp: async () => {},
    send: refuse,
    callGateway: refuse,
    checkHost: refuse,
    adminToken,
    clock: systemClock,
    log,
    sandbox: false,
    publicUrl: () => localUrl(environment),
    version,
  })
  return {
    control,
    adminToken,
    async close() {
      await control.close()
      await tenants.close()
      await closeVault()
    },
  }
}

function refuse(): never {
  throw new OwnkeyError('unavailable', { detail: 'This needs a running server.', fix: 'Start it, and ask again.' })
}

function ofAnOlderVersion(): OwnkeyError {
  return new OwnkeyError('unavailable', {
    detail: 'The database is of an older version of Ownkey than this command.',
    fix: 'Start the server of this version, which brings it up to date, or ask with the version that runs.',
  })
}
