import { join } from 'node:path'
import pg from 'pg'
import { OwnkeyError } from '../contract/index.ts'
import type { Database, Queryable } from './database.ts'
import { asDatabaseError } from './database-error.ts'
import { lockDirectory } from './directory-lock.ts'
import { type EmbeddedEngine, startEngine } from './embedded-engine.ts'
import { inTransaction } from './in-transaction.ts'
import { createLease } from './lease.ts'
import { makeFolder } from './make-folder.ts'
import { rowTypes } from './row-types.ts'
import { runOn } from './run-on.ts'
import { WireStream } from './wire-stream.ts'

/** The embedded database in `<dataDir>/database`, for one process at a time, which holds `<dataDir>/lock`. */
export async function openEmbedded(dataDir: string): Promise<Database> {
  makeDirectory(dataDir)
  const unlock = lockDirectory(dataDir)
  try {
    const engine = await startEngine(join(dataDir, 'database'))
    const client = await connectTo(engine)
    const shutDown = async () => {
      // After a failure the session is dead, and nobody answers its goodbye.
      if (engine.failure === undefined) await client.end()
      await engine.close()
      unlock()
    }
    return overOneSession(client, { shutDown, failure: () => engine.failure })
  } catch (error) {
    unlock()
    throw error
  }
}

function makeDirectory(dataDir: string): void {
  try {
    makeFolder(dataDir)
  } catch (error) {
    throw new OwnkeyError('unavailable', {
      detail: `The data directory ${dataDir} cannot be made (${(error as NodeJS.ErrnoException).code}).`,
      fix: 'Set OWNKEY_DATA_DIR to a directory that this user may write, or DATABASE_URL to a PostgreSQL.',
    })
  }
}

async function connectTo(engine: EmbeddedEngine): Promise<pg.Client> {
  const client = new pg.Client({
    stream: () => new WireStream(engine.exchange),
    user: 'postgres',
    database: 'postgres',
    password: '',
    ssl: false,
    types: rowTypes,
  })
  // Every query under way fails with the same error; without a listener it would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

interface Session {
  shutDown(): Promise<void>
  /** Why nothing more is to be expected of it. */
  failure(): OwnkeyError | undefined
}

function overOneSession(client: pg.Client, { shutDown, failure }: Session): Database {
  const lease = createLease()
  const channels = new Map<string, Set<(payload: string) => void>>()
  let closing: Promise<void> | undefined
  client.on('notification', ({ channel, payload }) => {
    for (const heard of channels.get(channel) ?? []) heard(payload ?? '')
  })
  const run: Queryable['query'] = async <Row>(text: string, values?: readonly unknown[], name?: string) => {
    try {
      return await runOn<Row>(client, { text, values, name })
    } catch (error) {
      throw failure() ?? asDatabaseError(error)
    }
  }
  return {
    kind: 'embedded',
    query: (text, values, name) => lease(() => run(text, values, name)),
    transaction: (work) => lease(() => inTransaction(run, work)),
    async listen(channel, heard) {
      const hearing = channels.get(channel) ?? new Set()
      channels.set(channel, hearing.add(heard))
      await lease(() => run(`listen ${pg.escapeIdentifier(channel)}`))
      return async () => {
        hearing.delete(heard)
      }
    },
    close() {
      closing ??= lease(shutDown)
      return closing
    },
  }
}
