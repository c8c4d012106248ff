import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { createTestDatabase, startPostgres, type TestDatabase } from '../../test/support/postgres.ts'
import { listening } from '../../test/support/postgres-server.ts'
import { type Database, openDatabase } from './index.ts'

const dataDir = join(tmpdir(), 'never-made')
const open: Database[] = []
const openUrl = async (url: string, pool = {}) => {
  const database = await openDatabase({ url, dataDir, pool })
  open.push(database)
  return database
}

describe('PostgreSQL', () => {
  let server: TestDatabase
  beforeAll(async () => {
    server = await createTestDatabase()
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((database) => database.close()))
  })
  afterAll(() => server.drop())

  const backends = (database: Database) =>
    database.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )

  it('names host and remedy when it cannot be reached at start, never the password', async () => {
    const url = 'postgres://ada:tOps3cretW0rd@127.0.0.1:1/books'
    const error = await openUrl(url).catch((reason) => reason)
    expect(error).toMatchObject({
      code: 'unavailable',
      message: 'PostgreSQL at 127.0.0.1:1/books cannot be reached (ECONNREFUSED).',
      fix: expect.stringContaining('DATABASE_URL'),
    })
    const wrong = new URL(server.url)
    wrong.pathname = '/no_such_database'
    wrong.password = 'tOps3cretW0rd'
    const missing = await openUrl(wrong.href).catch((reason) => reason)
    expect(missing.message).toMatch(/there is no database .*no_such_database/)
    for (const { message, fix, stack } of [error, missing])
      expect(`${message}${fix}${stack}`).not.toContain('tOps3cret')
  })

  it('says what to raise where no connection is left, and tells a right that is missing as nothing of its caller’s', async () => {
    const admin = await openUrl(server.url)
    const role = `narrow_${process.pid}`
    await admin.query(`create role ${role} login connection limit 0`)
    const url = new URL(server.url)
    url.username = role
    await expect(openUrl(url.href)).rejects.toMatchObject({ code: 'unavailable', fix: expect.stringMatching(/LIMIT/) })
    await admin.query(`alter role ${role} connection limit -1`)
    await admin.query('create table closed_to_others (n integer)')
    // Closed before its role is dropped.
    const narrow = await openDatabase({ url: url.href, dataDir })
    await expect(narrow.query('select n from closed_to_others')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The database does not let this server use its tables.',
      cause: { code: '42501' },
    })
    await narrow.close()
    await admin.query('drop table closed_to_others')
    await admin.query(`drop role ${role}`)
  })

  it('says what is wrong with the encryption of its connection', async () => {
    const { key, cert } = makeCertificate(['localhost'])
    const stranger = createServer((socket) => {
      socket.once('data', () => {
        socket.write('S')
        new TLSSocket(socket, { isServer: true, key, cert }).on('error', () => {})
      })
    })
    const port = await listening(stranger)
    const opened = (url: string) => openUrl(url).catch((reason) => reason)
    const warned = vi.spyOn(process, 'emitWarning')
    for (const mode of ['verify-full', 'require', 'verify-ca', 'prefer'])
      expect(await opened(`postgres://ada@localhost:${port}/books?sslmode=${mode}`)).toMatchObject({
        message: `The certificate of PostgreSQL at localhost:${port}/books is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT).`,
        fix: expect.stringContaining('sslrootcert'),
      })
    expect(warned).not.toHaveBeenCalled()
    stranger.close()
    expect(await opened(`${server.url}?sslmode=verify-full`)).toMatchObject({
      message: expect.stringMatching(/speaks no TLS, and DATABASE_URL asks for it/),
      fix: expect.stringContaining('sslmode'),
    })
    expect(await opened(`${server.url}?sslmode=verify-full&sslrootcert=/no/ca.pem`)).toMatchObject({
      message: 'There is no file /no/ca.pem, which DATABASE_URL names.',
    })
  })

  it('says that a password is missing, and keeps no connection open after that', async () => {
    const sasl = (code: number, text: string) => {
      const body = Buffer.concat([Buffer.from([0, 0, 0, code]), Buffer.from(text)])
      const head = Buffer.from([0x52, 0, 0, 0, body.length + 4])
      return Buffer.concat([head, body])
    }
    const sockets: Socket[] = []
    const asking = createServer((socket) => {
      sockets.push(socket.on('error', () => {}))
      socket.once('data', () => {
        socket.write(sasl(10, 'SCRAM-SHA-256\0\0'))
        socket.once('data', () => socket.write(sasl(11, 'r=nonce,s=c2FsdA==,i=4096')))
      })
    })
    const port = await listening(asking)
    await expect(openUrl(`postgres://ada@127.0.0.1:${port}/books`)).rejects.toMatchObject({
      message: `PostgreSQL at 127.0.0.1:${port}/books asks for a password, and DATABASE_URL has none.`,
    })
    await expect.poll(() => sockets.map(({ closed }) => closed), { timeout: 20_000 }).toEqual([true])
    asking.close()
  })

  it('sends a read once more when its pooled connection turned out to be dead, and never a write', async () => {
    const proxy = await proxyTo(server.url)
    const database = await openUrl(proxy.url, { max: 1 })
    await database.query('create table written (n integer)')
    proxy.cutNext()
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
    proxy.cutNext()
    await expect(database.query('insert into written values (1)')).rejects.toMatchObject({
      code: 'unavailable',
      status: 503,
    })
    proxy.cutNext()
    await expect(database.query('select n from written for update')).rejects.toMatchObject({ code: 'unavailable' })
    expect(await database.query('select n from written')).toEqual([])
    await expect(database.query('select pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({
      code: 'unavailable',
    })
    proxy.close()
  })

  it('outlives a connection that ends between two queries of a transaction', async () => {
    const database = await openUrl(server.url, { max: 2 })
    await database.query('create table half (n integer)')
    const ended = database.transaction(async (inside) => {
      await inside.query('insert into half values (1)')
      const [mine] = await inside.query<{ pid: number }>('select pg_backend_pid() as pid')
      await database.query('select pg_terminate_backend($1)', [mine?.pid])
      // Its last words were sent before the server forgot it, so by then they have arrived.
      await vi.waitFor(async () => expect(await backends(database)).not.toContainEqual(mine))
      await setImmediate()
      await inside.query('insert into half values (2)')
    })
    await expect(ended).rejects.toMatchObject({ code: 'unavailable', status: 503 })
    expect(await database.query('select n from half')).toEqual([])
  })

  it('outlives a connection that ends in the same breath in which it was made', async () => {
    const proxy = await proxyTo(server.url)
    const database = await openUrl(proxy.url, { max: 2 })
    const uses = {
      query: () => database.query('insert into breath values (1)'),
      planned: () => database.query('insert into breath values (1)', [], 'breathe'),
      transaction: () => database.transaction((inside) => inside.query('insert into breath values (1)')),
    }
    await database.query('create table breath (n integer)')
    for (const [name, use] of Object.entries(uses)) {
      // The one connection that is there is in use, so another one is made.
      const busy = database.query('select pg_sleep(0.2)')
      proxy.endWhenReady()
      await expect(use(), name).rejects.toMatchObject({ code: 'unavailable', status: 503 })
      await busy
    }
    expect(await database.query('select n from breath')).toEqual([])
    proxy.close()
  })

  it('goes on without names behind a pooler whose sessions do not know them, and writes once', async () => {
    const database = await openUrl(server.url, { max: 1 })
    await database.query('create table named (n integer)')
    const known = (name?: string) =>
      database.query("select name from pg_prepared_statements where name <> 'known' order by name", [], name)
    const write = (n: number) => database.query('insert into named values ($1)', [n], 'write named')
    await write(1)
    expect(await known('known')).toEqual([{ name: 'write named' }])
    await database.query('deallocate all', [], 'forget')
    await write(2)
    await write(3)
    expect(await known()).toEqual([])
    expect(await database.query('select n from named order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })

  it('goes on without names where it gets no further connection', async () => {
    const role = `lonely_${process.pid}`
    const database = await openUrl(server.url)
    await database.query(`create role ${role} login connection limit 1`)
    const url = new URL(server.url)
    url.username = role
    const lonely = await openUrl(url.href, { max: 1 })
    expect(await lonely.query('select 7 / $1::int as n', [7], 'divide')).toEqual([{ n: 1 }])
    await database.query(`drop role ${role}`)
  })

  it('goes on without names behind a pooler that takes no settings, and asks it once', async () => {
    const pooler = await refuseSettings(server.url)
    const database = await openUrl(pooler.url)
    for (const n of [1, 7])
      expect(await database.query('select 7 / $1::int as n', [n], 'divide')).toEqual([{ n: 7 / n }])
    expect(pooler.refused()).toBe(1)
    pooler.close()
  })

  it('tells a pooler that drops the settings of a session', async () => {
    const pooler = await relayTo(server.url, (start) =>
      Buffer.from(start.toString('latin1').replace('30000', '00000'), 'latin1'),
    )
    const [behind, direct] = [await openUrl(pooler.url), await openUrl(server.url)]
    expect([behind.isPooled, direct.isPooled]).toEqual([true, false])
    pooler.close()
  })

  it('says that a pooler refuses it', async () => {
    const pooler = await relayTo(server.url, () => undefined)
    await expect(openUrl(pooler.url)).rejects.toMatchObject({
      message: expect.stringContaining('refuses the settings of a connection'),
      fix: expect.stringContaining('not a pooler'),
    })
    pooler.close()
  })

  it('plans a statement with a name once, and anew when ten seconds have passed', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const database = await openUrl(server.url)
    await database.query('create table planned (n integer)')
    const write = () => database.query('insert into planned values ($1)', [1], 'write planned')
    for (let times = 0; times < 7; times++) await write()
    const plans =
      "select generic_plans::int as once, custom_plans::int as anew from pg_prepared_statements where name = 'write planned'"
    expect(await database.query(plans, [], 'plans')).toEqual([{ once: 7, anew: 0 }])
    const asked = vi.spyOn(pg.Client.prototype, 'query')
    const forgotten = () => asked.mock.calls.filter(([statement]) => String(statement) === 'discard plans').length
    await write()
    expect(forgotten()).toBe(0)
    vi.advanceTimersByTime(10_000)
    await write()
    await write()
    expect(forgotten()).toBe(1)
    asked.mockRestore()
    vi.useRealTimers()
  })

  it('stops a statement that runs too long and goes on', async () => {
    const database = await openUrl(server.url, { statementTimeoutMs: 100 })
    await expect(database.query('select pg_sleep(10)')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('took too long'),
    })
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('gives up waiting for a connection instead of waiting for ever', async () => {
    const database = await openUrl(server.url, { max: 1, connectTimeoutMs: 1_000 })
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const busy = database.transaction(() => held)
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'unavailable' })
    release()
    await busy
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('is unavailable while it lets nobody in, is not there or is an empty one, and used again by itself', async () => {
    const own = await createTestDatabase()
    const admin = new pg.Client(server.url)
    await admin.connect()
    const name = new URL(own.url).pathname.slice(1)
    const role = `locked_${process.pid}`
    await admin.query(`create role ${role} login superuser`)
    const url = new URL(own.url)
    url.username = role
    const database = await openUrl(url.href)
    await database.query('create table kept (n integer)')
    const changes = [
      [`alter role ${role} nologin`, `alter role ${role} login`],
      [`alter database ${name} rename to ${name}_away`, `alter database ${name}_away rename to ${name}`],
      [
        `alter database ${name} rename to ${name}_away; create database ${name}`,
        `drop database ${name}; alter database ${name}_away rename to ${name}`,
      ],
    ]
    for (const both of changes) {
      for (const [statements, isBad] of both.map((text, index) => [text, index === 0] as const)) {
        await admin.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1', [role])
        for (const statement of statements.split('; ')) await admin.query(statement)
        const ask = () =>
          Promise.allSettled([database.query('select n from kept'), database.query('insert into kept values (1)')])
        // A connection that was cut fails its first question in any case.
        await expect.poll(async () => (await ask()).every(({ status }) => (status === 'rejected') === isBad)).toBe(true)
        if (isBad)
          for (const answer of await ask())
            expect(answer).toMatchObject({
              reason: { code: 'unavailable', message: expect.stringMatching(/^The database/) },
            })
      }
    }
    await database.close()
    open.splice(open.indexOf(database), 1)
    await own.drop()
    await admin.query(`drop role ${role}`)
    await admin.end()
  })

  it('throws the connection of a broken transaction away', async () => {
    const database = await openUrl(server.url, { max: 1 })
    const killer = await openUrl(server.url)
    const failed = database.transaction(async (tx) => {
      const [me] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
      await killer.query('select pg_terminate_backend($1)', [me?.pid])
      await tx.query('select 1')
    })
    await expect(failed).rejects.toMatchObject({ code: 'unavailable' })
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('hears notifications again after its listening connection was cut', async () => {
    const database = await openUrl(server.url)
    const teller = await openUrl(server.url)
    const heard: string[] = []
    await database.listen('bell', (payload) => heard.push(payload))
    for (const { pid } of await backends(teller)) await teller.query('select pg_terminate_backend($1)', [pid])
    await expect
      .poll(
        async () => {
          await teller.query("select pg_notify('bell', 'again')")
          return heard.length > 0
        },
        { timeout: 10_000 },
      )
      .toBe(true)
  })

  it('hears notifications again after its connections fell silent without being closed', async () => {
    const proxy = await proxyTo(server.url)
    const database = await openUrl(proxy.url)
    const teller = await openUrl(server.url)
    const heard: string[] = []
    await database.listen('bell', (payload) => heard.push(payload))
    proxy.silence()
    await expect
      .poll(
        async () => {
          await teller.query("select pg_notify('bell', 'again')")
          return heard.length > 0
        },
        { timeout: 20_000 },
      )
      .toBe(true)
    await database.close()
    open.splice(open.indexOf(database), 1)
    proxy.close()
  })
})

describe('PostgreSQL that is stopped', () => {
  it('fails clearly while it is away, serves again when it is back, and has every acknowledged row', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ownkey-stopped-'))
    const first = await startPostgres({ directory })
    const database = await openDatabase({ url: first.url, dataDir })
    await database.query('create table rows (n integer)')
    await database.query('insert into rows values (1)')
    process.kill(first.pid as number, 'SIGQUIT')
    await first.stop()
    const writing = database.query('insert into rows values (2)')
    await expect(writing).rejects.toMatchObject({ code: 'unavailable', status: 503 })
    await expect(database.transaction((tx) => tx.query('select 1'))).rejects.toMatchObject({ code: 'unavailable' })
    const second = await startPostgres({ directory, port: first.port as number })
    expect(await database.query('select n from rows')).toEqual([{ n: 1 }])
    await database.close()
    await second.stop()
    rmSync(directory, { recursive: true, force: true })
  })
})

/** What a server says when its administrator ends a connection. */
const lastWords = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')
  const length = Buffer.alloc(4)
  length.writeInt32BE(fields.length + 4)
  return Buffer.concat([Buffer.from('E'), length, fields])
})()

/**
 * A wire that can be cut: at once and noticed (`cutNext`), without a word to either side (`silence`), or by the server, as soon
 * as it has told that a new connection is ready (`endWhenReady`).
 */
async function proxyTo(target: string) {
  const { hostname, port } = new URL(target)
  const near = new Set<Socket>()
  let silent = new WeakSet<Socket>()
  let cutting = false
  let ending = false
  const server = createServer((client) => {
    const database = connect(Number(port), hostname)
    const ended = ending
    ending = false
    near.add(client)
    client.on('data', (chunk) => {
      if (cutting) {
        cutting = false
        client.destroy()
        database.destroy()
      } else if (!silent.has(client)) database.write(chunk)
    })
    database.on('data', (chunk) => {
      if (ended && chunk.at(-6) === 'Z'.charCodeAt(0)) client.end(Buffer.concat([chunk, lastWords]))
      else if (!silent.has(client)) client.write(chunk)
    })
    for (const socket of [client, database]) socket.on('error', () => {})
    client.on('close', () => database.destroy())
    database.on('close', () => silent.has(client) || client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    cutNext() {
      cutting = true
    },
    endWhenReady() {
      ending = true
    },
    silence() {
      silent = new WeakSet(near)
    },
    close() {
      for (const socket of near) socket.destroy()
      server.close()
    },
  }
}

/** A pooler as PgBouncer is: it lets nobody in who brings settings. */
async function refuseSettings(target: string) {
  let refused = 0
  const pooler = await relayTo(target, (start) => {
    if (!start.includes('plan_cache_mode')) return start
    refused++
    return undefined
  })
  return { ...pooler, refused: () => refused }
}

/** Passes each connection's first message on as `change` gives it back; refuses the connection where that is nothing. */
async function relayTo(target: string, change: (start: Buffer) => Buffer | undefined) {
  const { hostname, port } = new URL(target)
  const server = createServer((client) => {
    client.on('error', () => {})
    client.once('data', (start) => {
      const changed = change(start)
      if (!changed) return void client.end(refusal)
      const database = connect(Number(port), hostname).on('error', () => {})
      database.write(changed)
      client.pipe(database).pipe(client)
    })
  })
  const url = new URL(target)
  url.port = String(await listening(server))
  return { url: url.href, close: () => server.close() }
}

/** An error as the protocol has it: its length stands before its fields. */
const fields = 'SFATAL\0C08P01\0Munsupported startup parameter: options\0\0'
const refusal = Buffer.concat([Buffer.from([0x45, 0, 0, 0, fields.length + 4]), Buffer.from(fields)])
