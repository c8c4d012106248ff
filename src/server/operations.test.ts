import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { OwnkeyError } from '../contract/index.ts'
import { generateMasterKey, parseKeyring, Secret } from '../crypto/index.ts'
import { takesWrites } from '../store/index.ts'
import { checkVaultOpens } from '../vault/index.ts'
import { registerOperations } from './operations.ts'

describe.each(databaseKinds)('readiness on %s', (kind) => {
  let vault: TestVault
  beforeAll(async () => {
    vault = await openTestVault(kind)
  })
  afterAll(() => vault.opened.remove())

  const ask = async (more: { keyring?: TestVault['deps']['keyring']; draining?: boolean; writes?: boolean } = {}) => {
    const app = fastify()
    const { database } = vault.deps
    registerOperations(app, {
      checkVault: () => checkVaultOpens({ database, keyring: more.keyring ?? vault.deps.keyring }),
      takesWrites: async () => more.writes ?? takesWrites(database),
      adminToken: new Secret('operator'),
      version: '0',
      isDraining: () => more.draining ?? false,
      metrics: async () => '',
    })
    const answer = await app.inject('/readyz')
    return [answer.statusCode, answer.json().checks]
  }

  it('is there when the database answers and the vault opens', async () => {
    expect(await ask()).toEqual([200, { database: 'ok', vault: 'ok', draining: false }])
    expect((await ask({ draining: true }))[0]).toBe(503)
  })

  it('ends with a master key that opens nothing here', async () => {
    const keyring = parseKeyring(generateMasterKey())
    expect(await ask({ keyring })).toEqual([503, { database: 'ok', vault: 'unreadable', draining: false }])
  })

  it('ends when what proves the key is lost or damaged, and comes back with it', async () => {
    const { database } = vault.deps
    const [kept] = await database.query<{ master_check: Buffer; audit_key: Buffer }>('select * from deployment')
    await database.query(
      'update deployment set master_check = set_byte(master_check, 40, 255 - get_byte(master_check, 40))',
    )
    expect((await ask())[1]).toMatchObject({ vault: 'unreadable' })
    await database.query('delete from deployment')
    expect((await ask())[1]).toMatchObject({ vault: 'unreadable' })
    await database.query('insert into deployment (master_check, audit_key) values ($1, $2)', [
      kept!.master_check,
      kept!.audit_key,
    ])
    expect((await ask())[0]).toBe(200)
  })

  it('ends where a table that requests need is gone', async () => {
    const { database } = vault.deps
    await database.query('alter table tokens rename to put_aside')
    expect(await ask()).toEqual([503, { database: 'unreachable', vault: 'unknown', draining: false }])
    await database.query('alter table put_aside rename to tokens')
    expect((await ask())[0]).toBe(200)
  })

  it('ends where the database takes no writes', async () => {
    expect(await ask({ writes: false })).toEqual([503, { database: 'unwritable', vault: 'ok', draining: false }])
  })

  it('ends with the database', async () => {
    const app = fastify()
    registerOperations(app, {
      checkVault: () => Promise.reject(new OwnkeyError('unavailable')),
      takesWrites: async () => true,
      adminToken: new Secret('operator'),
      version: '0',
      isDraining: () => false,
      metrics: async () => '',
    })
    const answer = await app.inject('/readyz')
    expect([answer.statusCode, answer.json().checks]).toEqual([
      503,
      { database: 'unreachable', vault: 'unknown', draining: false },
    ])
  })
})
