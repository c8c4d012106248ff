import type { FastifyInstance } from 'fastify'
import { type ControlOptions, createControl } from '../control/index.ts'
import type { Keyring, Secret } from '../crypto/index.ts'
import { type AttemptReport, checkHost, createAddressPasses, Gateway, type Lookup } from '../gateway/index.ts'
import { systemClock } from '../lib/index.ts'
import { createJobCounter, type JobCounter, type LiveLedger } from '../metering/index.ts'
import { type Sandbox, startSandbox } from '../sandbox/index.ts'
import { countKeysByStatus, type Database } from '../store/index.ts'
import { createTenants, type LiveTenants } from '../tenants/index.ts'
import { createOpenKeys, ensureOuterLayer, type KeptRecord, type OpenKeys, openOuterLayer } from '../vault/index.ts'
import { adminTokenOf } from './admin-token.ts'
import { createAttemptNotes } from './attempt-notes.ts'
import { createAttemptNotices } from './attempt-notices.ts'
import { startBackground } from './background.ts'
import { createCallGateway } from './call-gateway.ts'
import { createCatchUp } from './catch-up.ts'
import type { Environment } from './environment.ts'
import { createLiveConfig, type LiveConfig } from './live-config.ts'
import { localUrl } from './local-url.ts'
import type { Log } from './log.ts'
import { countLedger, createTraffic, type MetricSources, type Traffic } from './metrics/index.ts'
import { databaseNotTrusted, openKeptRecord } from './open-kept-record.ts'
import { openLedger } from './open-ledger.ts'
import { openVault } from './open-vault.ts'
import { createResolve } from './resolve-host.ts'
import { createSendProbe } from './send-probe.ts'
import { version } from './version.ts'

export interface PartsOptions {
  environment: Environment
  sandbox: boolean
  log: Log
  /** Where this server is reached; known only once it listens. Default: as the environment says. */
  publicUrl?: () => string
  /** Resolves the names of hosts that customers gave. Default: `createResolve`. */
  lookup?: Lookup | undefined
}

/** Everything that the server is made of, wired together and not listening yet. */
export interface Parts {
  database: Database
  keyring: Keyring
  adminToken: Secret
  live: LiveConfig
  tenants: LiveTenants
  ledger: LiveLedger
  sandbox: Sandbox | undefined
  gateway: Gateway
  /** Not ready yet: pages can still be registered. */
  control: FastifyInstance
  /** What was taken out of service, kept outside the database. */
  record: KeptRecord
  /** What these parts tell for `/metrics`. */
  metricSources: Omit<MetricSources, 'version' | 'isDraining' | 'openConnections'>
  /** Settles what is open and closes everything, in the order in which one thing needs another. */
  close(): Promise<void>
}

/**
 * The composition root. What is opened here is closed by `close`; when something in the middle fails, what was open
 * before it is closed again.
 * @throws ConfigError, OwnkeyError with what keeps the server from starting
 */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const { environment, log } = options
  // The configuration first: a mistake in it is told without touching the database.
  const live = createLiveConfig(options)
  const { database, keyring, close: closeVault } = await openVault(environment, { migrate: true })
  const open: { close(): Promise<void> | void }[] = [{ close: closeVault }]
  const opened = <Part extends { close(): Promise<void> | void }>(part: Part): Part => {
    open.push(part)
    return part
  }
  const close = async () => {
    for (const part of open.splice(0).reverse()) await part.close()
  }
  try {
    if (live.current().config.vault.outerLayer === 'pgcrypto') await ensureOuterLayer(database)
    const record = opened(openKeptRecord({ database, environment, log }))
    const tenants = opened(
      createTenants({
        database,
        refused: () => record.restored && databaseNotTrusted(),
        unwrap: (sealed) => openOuterLayer({ database, keyring }, sealed),
        limits: () => live.current().limits,
        maxAgeMs: () => live.current().config.gateway.graceSeconds * 1000,
      }),
    )
    const { ledger, troubles } = openLedger({ database, live, environment, log })
    await opened(ledger).counted
    const jobs = opened(
      createJobCounter({ database, price: (sale) => live.current().price(sale), flush: () => ledger.flush() }),
    )
    const sandbox = options.sandbox ? opened(await startSandbox()) : undefined
    const adminToken = adminTokenOf(environment)
    const vault = { database, keyring, live, tenants, ledger, sandbox, adminToken }
    const notes = opened(createAttemptNotes({ database, log }))
    const openKeys = opened(createOpenKeys(keyring))
    const notices = opened(createAttemptNotices({ database, log }))
    const report = (attempt: AttemptReport) => {
      notes.report(attempt)
      notices.report(attempt)
    }
    const traffic = createTraffic()
    const gateway = opened(buildGateway({ ...vault, jobs, openKeys, traffic, lookup: options.lookup }, report, log))
    const catchUp = createCatchUp({ ledger, jobs, tenants, notes, notices })
    const controlOptions = optionsOfControl({ ...vault, gateway, catchUp }, options)
    const control = createControl(controlOptions)
    open.push({ close: () => control.close() })
    opened(startBackground({ control: controlOptions, gateway, live, log }))
    const metricSources: Parts['metricSources'] = {
      traffic,
      openRequests: () => gateway.openRequests,
      ledger: () => ({ ...troubles, waiting: ledger.waiting, waitingForRoom: ledger.waitingForRoom }),
      snapshots: () => tenants.snapshots(),
      pool: () => database.pool?.(),
      keys: () => countKeysByStatus(database),
    }
    return { ...vault, gateway, control, record, metricSources, close }
  } catch (error) {
    await close()
    throw error
  }
}

type Opened = Omit<Parts, 'gateway' | 'control' | 'record' | 'metricSources' | 'close'>
type ForGateway = Opened & Pick<PartsOptions, 'lookup'> & { jobs: JobCounter; openKeys: OpenKeys; traffic: Traffic }

function buildGateway(
  { keyring, tenants, ledger, jobs, live, openKeys, sandbox, traffic, lookup = createResolve() }: ForGateway,
  report: (attempt: AttemptReport) => void,
  log: Log,
): Gateway {
  return new Gateway({
    tenants,
    ledger: countLedger(ledger, traffic),
    jobs,
    measure: traffic,
    setup: () => live.current(),
    openKey: openKeys.open,
    passes: createAddressPasses(keyring),
    sandbox,
    lookup,
    report,
    log: { error: (fields, event) => log.error(event, fields) },
  })
}

function optionsOfControl(
  { gateway, catchUp, ...opened }: Opened & { gateway: Gateway } & Pick<ControlOptions, 'catchUp'>,
  options: PartsOptions,
): ControlOptions {
  const { database, keyring, tenants, live, sandbox, adminToken } = opened
  const { environment, log } = options
  const publicUrl = options.publicUrl ?? (() => localUrl(environment))
  return {
    database,
    keyring,
    tenants,
    inForce: () => live.current(),
    catchUp,
    send: createSendProbe({ egress: gateway.egress, sandbox, prepared: gateway.prepared }),
    callGateway: createCallGateway(publicUrl),
    checkHost: (baseUrl) => checkHost(baseUrl, live.current().config.gateway.privateHosts),
    adminToken,
    clock: systemClock,
    log,
    sandbox: sandbox !== undefined,
    publicUrl,
    version,
  }
}
