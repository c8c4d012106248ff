import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Child, startChild } from '../../test/support/child.ts'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { verifyAudit } from '../audit/index.ts'
import { encodeContext, generateMasterKey, type Keyring, parseKeyring, Secret, sealEnvelope } from '../crypto/index.ts'
import { systemClock } from '../lib/index.ts'
import { type Database, openDatabase, upsertOrganization } from '../store/index.ts'
import {
  checkMasterKey,
  ensureOuterLayer,
  keyContext,
  loadSealedKeys,
  openKey,
  putKey,
  rotateMasterKey,
  type VaultDeps,
  verifyMasterKey,
} from './index.ts'

const oldText = `old:${generateMasterKey()}`
const newText = `new:${generateMasterKey()}`
const oldRing = parseKeyring(oldText)
const bothText = `${newText},${oldText}`
const bothRings = parseKeyring(bothText)
const newRing = parseKeyring(newText)
const by = { actor: { kind: 'operator', id: 'root' } }
const host = { origin: 'https://api.openai.com', custom: false }

describe.each(databaseKinds)('rotation of the master key on %s', (kind) => {
  let opened: OpenTestDatabase
  let database: Database

  beforeEach(async () => {
    opened = await openTestDatabase(kind)
    database = opened.database
    await checkMasterKey({ database, keyring: oldRing })
  })
  afterEach(() => opened.remove())

  async function newOrg(org: string) {
    await upsertOrganization(database, org, {
      name: org,
      plan: 'standard',
      addOns: [],
      byokEnabled: null,
      locale: null,
    })
  }

  const put = (org: string, provider: string, change: Partial<VaultDeps> = {}) =>
    putKey(
      { database, keyring: oldRing, clock: systemClock, ...change },
      {
        slot: { org, holder: 'organization', user: '', provider, environment: 'production' },
        secret: new Secret(textOf(org, provider)),
        masked: { hint: '••••', last4: '' },
        host,
        by,
      },
    )

  /** Many keys quickly: rows as putKey writes them. */
  async function putMany(count: number) {
    await newOrg('many')
    const keys = Array.from({ length: count }, (_, index) => ({ id: `key_${index}`, provider: `p${index}` }))
    await database.query(
      `insert into provider_keys (id, org_id, holder, provider, environment, version, hint, last4, origin, created_by, updated_by)
       select id, 'many', 'organization', provider, 'production', 1, '', '', $3, 'root', 'root' from unnest($1::text[], $2::text[]) as t(id, provider)`,
      [keys.map(({ id }) => id), keys.map(({ provider }) => provider), host.origin],
    )
    const envelopes = keys.map(({ id, provider }) => {
      const context = keyContext({
        org: 'many',
        holder: 'organization',
        user: '',
        provider,
        environment: 'production',
        keyId: id,
        version: 1,
        origin: host.origin,
      })
      return sealEnvelope(oldRing, context, new Secret(textOf('many', provider))).toString('hex')
    })
    await database.query(
      "insert into key_secrets (key_id, version, envelope, kek_id) select id, 1, decode(envelope, 'hex'), 'old' from unnest($1::text[], $2::text[]) as t(id, envelope)",
      [keys.map(({ id }) => id), envelopes],
    )
  }

  const openAll = async (from: Database, org: string, keyring: Keyring) =>
    (await loadSealedKeys({ database: from, keyring }, org)).filter(
      (sealed) => openKey(keyring, sealed).reveal() === textOf(org, sealed.binding.provider),
    ).length

  const rotate = (keyring = bothRings, batchSize?: number) =>
    rotateMasterKey({ database, keyring, clock: systemClock, batchSize })

  it('wraps all by the active key, keeps every secret, and can be run again', async () => {
    await putMany(250)
    await newOrg('a')
    await put('a', 'openai')
    expect(await rotate(bothRings, 60)).toEqual({ activeKey: 'new', rewrapped: 251, unreadable: {} })
    expect(await rotate()).toEqual({ activeKey: 'new', rewrapped: 0, unreadable: {} })
    expect(await openAll(database, 'many', newRing)).toBe(250)
    await verifyMasterKey({ database, keyring: newRing })
    await expect(verifyMasterKey({ database, keyring: oldRing })).rejects.toMatchObject({ code: 'master_key_invalid' })
    // The log's key was wrapped anew as well. (The many keys were put there without a log.)
    const { findings } = await verifyAudit({ database, keyring: newRing })
    expect(findings.filter(({ org }) => org === 'a')).toEqual([])
  })

  it('redoes the wrapping only: the sealed secrets are the same bytes', async () => {
    await newOrg('a')
    await put('a', 'openai')
    const tail = () =>
      database.query("select encode(substr(envelope, length(envelope) - 30), 'hex') as tail from key_secrets")
    const before = await tail()
    await rotate()
    expect(await tail()).toEqual(before)
  })

  it('leaves what it cannot read as it is, counts it, and rotates all else', async () => {
    await newOrg('a')
    for (const provider of ['openai', 'anthropic', 'gemini']) await put('a', provider)
    // Moved to another provider from outside: its binding is not true any more.
    await database.query("update provider_keys set provider = 'stolen' where provider = 'openai'")
    const foreign = sealEnvelope(
      parseKeyring(`lost:${generateMasterKey()}`),
      encodeContext('any', []),
      new Secret('lost'),
    )
    await newOrg('b')
    await put('b', 'openai')
    await database.query(
      "update key_secrets set envelope = $1, kek_id = 'lost' where key_id = (select id from provider_keys where org_id = 'b')",
      [foreign],
    )
    expect(await rotate()).toEqual({ activeKey: 'new', rewrapped: 2, unreadable: { lost: 1, old: 1 } })
    await database.query("update provider_keys set provider = 'openai' where provider = 'stolen'")
    expect(await openAll(database, 'a', bothRings)).toBe(3)
    expect(await rotate()).toMatchObject({ rewrapped: 1, unreadable: { lost: 1 } })
  })

  it('rotates the outer layer too, and adds or drops it as configured now', async () => {
    await ensureOuterLayer(database)
    await newOrg('a')
    await put('a', 'openai', { outerLayer: 'pgcrypto' })
    await put('a', 'gemini')
    await rotateMasterKey({ database, keyring: bothRings, clock: systemClock, outerLayer: 'pgcrypto' })
    const heads = () => database.query("select encode(substr(envelope, 1, 2), 'escape') as head from key_secrets")
    expect(await heads()).toEqual([{ head: 'OP' }, { head: 'OP' }])
    expect(await openAll(database, 'a', newRing)).toBe(2)
    const thirdText = `third:${generateMasterKey()}`
    const third = parseKeyring(`${thirdText},${newText}`)
    // Whoever does not know the configuration takes no layer away.
    await rotateMasterKey({ database, keyring: third, clock: systemClock })
    expect(await heads()).toEqual([{ head: 'OP' }, { head: 'OP' }])
    expect(await openAll(database, 'a', parseKeyring(thirdText))).toBe(2)
    const back = parseKeyring(`fourth:${generateMasterKey()},${thirdText}`)
    await rotateMasterKey({ database, keyring: back, clock: systemClock, outerLayer: 'none' })
    expect(await heads()).toEqual([{ head: 'OK' }, { head: 'OK' }])
    expect(await openAll(database, 'a', back)).toBe(2)
  })

  it('writes whose run changed something into the platform’s log, and nothing for a run that had nothing to do', async () => {
    await putMany(3)
    const batches: number[] = []
    const deps = { database, keyring: bothRings, clock: systemClock, batchSize: 2, by }
    await rotateMasterKey({ ...deps, onBatch: (rewrapped) => batches.push(rewrapped) })
    await rotateMasterKey(deps)
    expect(batches.slice(0, 2)).toEqual([2, 3])
    // By a server that has both keys and was not told yet which one goes first.
    await newOrg('late')
    await put('late', 'openai', { keyring: parseKeyring(`${oldText},${newText}`) })
    await rotateMasterKey(deps)
    expect(await database.query("select action, target, detail from audit_log where org_id = '' order by seq")).toEqual(
      [
        { action: 'master_key.rotate', target: 'new', detail: { rewrapped: 3, unreadable: 0 } },
        { action: 'master_key.rotate', target: 'new', detail: { rewrapped: 1, unreadable: 0 } },
      ],
    )
  })

  it('gives a new database to one of two servers that start on it at once with different keys', async () => {
    for (let round = 0; round < 10; round++) {
      await database.query('delete from deployment')
      const both = [oldRing, newRing].map((keyring) => checkMasterKey({ database, keyring }))
      const refused = (await Promise.allSettled(both)).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
      expect(refused).toMatchObject([{ code: 'master_key_invalid' }])
    }
  })

  it('refuses to start without a master key that stored keys still need, and says which', async () => {
    await putMany(3)
    await rotate(bothRings, 1)
    await database.query("update key_secrets set kek_id = 'old' where key_id = 'key_1'")
    await expect(checkMasterKey({ database, keyring: newRing })).rejects.toMatchObject({
      code: 'master_key_invalid',
      message: expect.stringContaining('"old" (1 stored key)'),
    })
  })

  const kills = kind === 'postgres' ? 10 : 2
  it(`loses nothing when it is killed at ${kills} points, and all can be read all the time`, async () => {
    await putMany(500)
    if (kind === 'embedded') await database.close()
    let children: Child[] = []
    const start = () => {
      const child = startChild('rotate-master-key', [opened.url ?? '', opened.dataDir, bothText])
      children.push(child)
      return child
    }
    let reading = true
    let reads = 0
    const reader = (async () => {
      // The embedded database belongs to the child meanwhile; it is read at the end.
      while (reading && kind === 'postgres') {
        expect(await openAll(database, 'many', bothRings)).toBe(500)
        reads++
      }
    })()
    for (let point = 0; point < kills; point++) {
      // Now and then two at once, where the database can have two; both are killed.
      children = []
      const first = start()
      if (kind === 'postgres' && point % 3 === 0) start()
      const lines = 1 + (point % 4)
      await first.line(() => first.lines.length >= lines || first.lines.at(-1)?.startsWith('{') === true)
      await Promise.all(children.map((child) => child.kill()))
    }
    reading = false
    await reader
    if (kind === 'postgres') expect(reads).toBeGreaterThan(kills)
    const after = kind === 'embedded' ? await openDatabase({ dataDir: opened.dataDir }) : database
    opened.database = after
    opened.remove = closing(opened, after)
    expect(await openAll(after, 'many', bothRings)).toBe(500)
    const [left] = await after.query<{ old: number }>("select count(*) as old from key_secrets where kek_id = 'old'")
    expect(await rotateMasterKey({ database: after, keyring: bothRings, clock: systemClock })).toEqual({
      activeKey: 'new',
      rewrapped: left?.old,
      unreadable: {},
    })
    expect(await openAll(after, 'many', newRing)).toBe(500)
  }, 120_000)
})

describe('two rotators on one PostgreSQL', () => {
  it('share the work without doing any of it twice', async () => {
    const opened = await openTestDatabase('postgres')
    const { database } = opened
    await checkMasterKey({ database, keyring: oldRing })
    await upsertOrganization(database, 'a', {
      name: 'a',
      plan: 'standard',
      addOns: [],
      byokEnabled: null,
      locale: null,
    })
    for (let index = 0; index < 60; index++) {
      await putKey(
        { database, keyring: oldRing, clock: systemClock },
        {
          slot: { org: 'a', holder: 'user', user: `u${index}`, provider: 'openai', environment: 'production' },
          secret: new Secret(textOf('a', 'openai')),
          masked: { hint: '', last4: '' },
          host,
          by,
        },
      )
    }
    const deps = { database, keyring: bothRings, clock: systemClock, batchSize: 5 }
    const reports = await Promise.all([rotateMasterKey(deps), rotateMasterKey(deps)])
    expect(reports[0].rewrapped + reports[1].rewrapped).toBe(60)
    expect(
      (await loadSealedKeys({ database, keyring: newRing }, 'a')).map((sealed) => openKey(newRing, sealed).reveal()),
    ).toHaveLength(60)
    await opened.remove()
  })
})

function textOf(org: string, provider: string): string {
  return `sk-${org}-${provider}-0123456789`
}

/** Removes what a test opened anew instead of what the suite opened. */
function closing(opened: OpenTestDatabase, after: Database): () => Promise<void> {
  const { remove } = opened
  return async () => {
    if (opened.url === undefined) await after.close()
    await remove()
  }
}
