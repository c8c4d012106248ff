import pg from 'pg'
import { OwnkeyError } from '../contract/index.ts'
import type { Database, Queryable } from './database.ts'
import { asDatabaseError, isAnswer, isLostConnection, isReadOnly, isSilentConnection } from './database-error.ts'
import { inTransaction } from './in-transaction.ts'
import { createListener } from './postgres-listener.ts'
import { rowTypes } from './row-types.ts'
import { runOn, type Statement } from './run-on.ts'
import { createSilenceWatch, type SilenceWatch } from './silence-watch.ts'
import { startError } from './start-error.ts'

export interface PoolOptions {
  /** Connections at most; default 10. */
  max?: number | undefined
  /** Milliseconds that a statement may run; default 30 000. */
  statementTimeoutMs?: number | undefined
  /** Milliseconds to wait for a connection, a new one or a free one; default 1 500. */
  connectTimeoutMs?: number | undefined
}

const oldestVersion = 140_000

/** PostgreSQL ≥ 14 by a pool of connections and, once somebody listens, one more for notifications. */
export async function openPostgres(url: string, options: PoolOptions = {}): Promise<Database> {
  const settings = connectionSettings(url, options)
  const { isPooled } = await checkServer(settings).catch((error) => {
    throw startError(url, error)
  })
  const pool = new pg.Pool({ ...settings, max: options.max ?? 10, idleTimeoutMillis: 30_000, allowExitOnIdle: false })
  survive(pool)
  const planned = new pg.Pool({ ...settings, ...keepsPlans, max: 1, idleTimeoutMillis: 30_000 })
  survive(planned)
  const listener = createListener(settings)
  const watch = createSilenceWatch({ probe: () => probeServer(settings) })
  const server: Server = { pool, planned, watch, keepsNames: true }
  return {
    kind: 'postgres',
    isPooled,
    query: (text, values, name) => queryPool(server, { text, values, name }),
    transaction: (work) => runTransaction(server, work),
    listen: (channel, heard) => listener.listen(channel, heard),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async close() {
      watch.close()
      await Promise.all([listener.close(), pool.end(), planned.end()])
    },
  }
}

interface Server {
  pool: pg.Pool
  /** One more connection, for statements with names. */
  planned: pg.Pool
  watch: SilenceWatch
  /** False behind a pooler that gives each statement another session, or refuses settings: names are not known there. */
  keepsNames: boolean
}

/**
 * By default the server may decide to plan a named statement anew every time, which costs 3 ms for each batch of the ledger. The
 * setting is for the whole connection and would harm other statements, hence a connection of its own.
 */
const keepsPlans = { options: '-c plan_cache_mode=force_generic_plan' }
/** A plan made for tables that were nearly empty is not kept for long. */
const planIsFreshMs = 10_000

/** SQLSTATE of a statement whose name the session does not know, or knows already. Nothing of it was executed. */
const misnamed: ReadonlySet<unknown> = new Set(['26000', '42P05'])

/**
 * A connection can break while it is idle, or before its user listens for errors. The next query replaces it; but an error that
 * nobody listens for would end the process.
 */
function survive(pool: pg.Pool): void {
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
}

const probeTimeoutMs = 700

/** Asks the server over a new connection whether it is there. A refusal is an answer, too. */
async function probeServer(settings: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...settings, connectionTimeoutMillis: probeTimeoutMs, query_timeout: probeTimeoutMs })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
  } catch (error) {
    if (!isAnswer(error)) throw error
  } finally {
    client.end().catch(() => {})
  }
}

function connectionSettings(url: string, options: PoolOptions): pg.ClientConfig {
  const statementTimeout = options.statementTimeoutMs ?? 30_000
  return {
    connectionString: withVerifiedTls(url),
    application_name: 'ownkey',
    types: rowTypes,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 1_500,
    statement_timeout: statementTimeout,
    // The server stops a long statement itself; this is for a server that has vanished.
    query_timeout: statementTimeout + 5_000,
    idle_in_transaction_session_timeout: 60_000,
  }
}

/** The driver takes these modes for `verify-full` and warns, in lines that are no JSON, that a later one of it will not. */
function withVerifiedTls(url: string): string {
  return url.includes('uselibpqcompat=')
    ? url
    : url.replace(/([?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}

/** Over a connection of its own: a pool would keep one open that broke off while it signed in, and with it the process. */
async function checkServer(settings: pg.ClientConfig): Promise<{ isPooled: boolean }> {
  const client = new pg.Client(settings)
  client.on('error', () => {})
  let version: number
  let isPooled: boolean
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; timeout: string }>(
      `select current_setting('server_version_num') as version,
         (select setting from pg_settings where name = 'statement_timeout') as timeout`,
    )
    version = Number(rows[0]?.version)
    isPooled = Number(rows[0]?.timeout) !== settings.statement_timeout
  } finally {
    client.end().catch(() => {})
  }
  if (version >= oldestVersion) return { isPooled }
  throw new OwnkeyError('unavailable', {
    detail: `The database server is PostgreSQL ${Math.floor(version / 10_000)}; Ownkey needs 14 or newer.`,
    fix: 'Point DATABASE_URL at a newer PostgreSQL.',
  })
}

/** One statement on any connection. A read that met a dead connection is sent once more; a write never is. */
async function queryPool<Row>(server: Server, statement: Statement): Promise<Row[]> {
  try {
    return await queryOnce<Row>(server, statement)
  } catch (error) {
    if (misnamed.has((error as { code?: unknown }).code)) server.keepsNames = false
    else if (!isLostConnection(error) || !isPlainRead(statement.text)) throw asDatabaseError(error)
  }
  try {
    return await queryOnce<Row>(server, statement)
  } catch (error) {
    throw asDatabaseError(error)
  }
}

async function queryOnce<Row>(server: Server, { text, values, name }: Statement): Promise<Row[]> {
  const session = name === undefined ? undefined : await connectPlanned(server)
  const client = session ?? (await connect(server.pool, server.watch))
  let broken = false
  const noteBroken = () => {
    broken = true
  }
  client.on('error', noteBroken)
  try {
    return await server.watch.during(async () => {
      if (session !== undefined) await forgetOldPlans(session)
      return runOn<Row>(client, { text, values, name: session && name })
    })
  } catch (error) {
    broken ||= isGone(error)
    throw error
  } finally {
    client.off('error', noteBroken)
    client.release(broken)
  }
}

/** @returns undefined where the server gives no such connection: then the statement goes without its name */
async function connectPlanned(server: Server): Promise<pg.PoolClient | undefined> {
  if (!server.keepsNames) return undefined
  try {
    return await connect(server.planned, server.watch)
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === noConnectionLeft) return undefined
    if (!refusedSettings.has(code)) throw error
    server.keepsNames = false
    return undefined
  }
}

const noConnectionLeft = '53300'
/** SQLSTATEs with which a pooler, or a database that is only like PostgreSQL, refuses the setting above. */
const refusedSettings: ReadonlySet<unknown> = new Set(['08P01', '0A000', '22023', '42704'])
const plannedAt = new WeakMap<pg.PoolClient, number>()

async function forgetOldPlans(session: pg.PoolClient): Promise<void> {
  const now = performance.now()
  const last = plannedAt.get(session)
  if (last !== undefined && now - last < planIsFreshMs) return
  if (last !== undefined) await session.query('discard plans')
  plannedAt.set(session, now)
}

/** A connection from the pool; one that comes when nobody waits for it any more goes back. */
async function connect(pool: pg.Pool, watch: SilenceWatch): Promise<pg.PoolClient> {
  let wanted = true
  const coming = pool.connect()
  coming.then(
    (client) => void (wanted || client.release()),
    () => {},
  )
  try {
    return await watch.during(() => coming)
  } catch (error) {
    wanted = false
    throw error
  }
}

/**
 * Whether this error means that the connection is lost, or of no use: a session that takes no writes goes on so after the server
 * takes them again, or after another server has taken its place.
 */
function isGone(error: unknown): boolean {
  return error instanceof OwnkeyError || isLostConnection(error) || isSilentConnection(error) || isReadOnly(error)
}

function isPlainRead(text: string): boolean {
  return /^\s*select\b/i.test(text) && !/\bfor\s+(no\s+key\s+)?update\b|\b(pg_notify|nextval|setval)\s*\(/i.test(text)
}

async function runTransaction<T>(server: Server, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await connect(server.pool, server.watch).catch((error) => {
    throw asDatabaseError(error)
  })
  let broken: unknown
  const noteBroken = (error: unknown) => {
    broken ??= error
  }
  client.on('error', noteBroken)
  const run = async <Row>(text: string, values?: readonly unknown[]) => {
    try {
      // Nothing more is asked of a connection that is lost: it might take as long again to fail.
      if (broken) throw broken
      return await server.watch.during(() => runOn<Row>(client, { text, values }))
    } catch (error) {
      if (isGone(error) || text === 'rollback') noteBroken(error)
      throw asDatabaseError(error)
    }
  }
  try {
    return await inTransaction(run, work)
  } finally {
    client.off('error', noteBroken)
    // A connection in an unknown state is thrown away, not given to the next one.
    client.release(broken !== undefined)
  }
}
