/**
 * A real PostgreSQL for tests: vitest's global setup offers one, which starts when the first test file asks for a
 * database and ends with the run. TEST_DATABASE_URL names a server to use instead; its user must be allowed to create
 * databases.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../src/store/index.ts'
import { dumpRows } from './dump-rows.ts'
import { listening, startPostgres } from './postgres-server.ts'

export { startPostgres, type TestServer } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * Answers `/postgres` with the server's URL and `/embedded` with the directory of an empty embedded database to
     * copy; makes either first when nobody asked before.
     */
    databaseOffer: string
  }
}

export interface TestDatabase {
  url: string
  drop(): Promise<void>
}

/** Global setup of vitest. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = once(() => startPostgres())
  const template = once(makeEmbeddedTemplate)
  const offer = createServer((request, response) => {
    const wanted = request.url === '/embedded' ? template.get() : server.get().then(({ url }) => url)
    wanted.then(
      (answer) => response.end(answer),
      (error) => response.writeHead(500).end(String(error)),
    )
  })
  project.provide('databaseOffer', `http://127.0.0.1:${await listening(offer)}`)
  return async () => {
    offer.close()
    await server.made?.then(({ stop }) => stop()).catch(() => {})
    await template.made?.then((directory) => rmSync(directory, { recursive: true, force: true })).catch(() => {})
  }
}

function once<T>(make: () => Promise<T>): { get(): Promise<T>; made?: Promise<T> } {
  const kept: { get(): Promise<T>; made?: Promise<T> } = {
    get() {
      kept.made ??= make()
      return kept.made
    },
  }
  return kept
}

/** Making an embedded database takes seconds, copying one does not. */
async function makeEmbeddedTemplate(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ownkey-template-'))
  await (await openDatabase({ dataDir: directory })).close()
  return directory
}

async function ask(what: 'postgres' | 'embedded'): Promise<string> {
  const answer = await fetch(`${inject('databaseOffer')}/${what}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}

/** A data directory with an empty embedded database, not yet migrated. The caller removes it. */
export async function copyEmbeddedDatabase(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ownkey-data-'))
  cpSync(await ask('embedded'), directory, { recursive: true })
  return directory
}

/**
 * A database of its own for a test file; `drop` keeps its rows for the canary search and ends it with whoever is still
 * connected.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = await ask('postgres')
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2)}`
  await administer(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      await connected(url.href, (client) =>
        dumpRows({ query: async (text) => (await client.query(text)).rows }, 'postgres-rows'),
      )
      await administer(serverUrl, `drop database if exists ${name} with (force)`)
    },
  }
}

function administer(url: string, statement: string): Promise<void> {
  return connected(url, async (client) => void (await client.query(statement)))
}

async function connected(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // A test may have ended with a table still locked by a connection that it broke.
    await client.query("set statement_timeout = '20s'")
    await work(client)
  } finally {
    await client.end()
  }
}
