/** C6 and P4: two rotations of the master key at once, both killed again and again, while requests go on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateMasterKey, parseKeyring, readKekId, Secret, sealEnvelope } from '../../src/crypto/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { type Database, openDatabase, type Queryable } from '../../src/store/index.ts'
import { keyContext, loadSealedKeys, openKey, rotateMasterKey } from '../../src/vault/index.ts'
import { canaryKeys } from '../support/canary.ts'
import { startChild } from '../support/child.ts'
import { openStage, rounds, type Stage } from './stage.ts'

const keys = rounds > 1 ? 100_000 : 2_000
const kills = rounds > 1 ? 50 : 5

const oldText = `old:${generateMasterKey()}`
const bothText = `new:${generateMasterKey()},${oldText}`
const oldRing = parseKeyring(oldText)
const bothRings = parseKeyring(bothText)
const newRing = parseKeyring(bothText.split(',')[0] as string)

const orgs = 100
const secretOf = (index: number) => `sk-many-${index}-0123456789`
const origin = 'https://api.openai.com'

let stage: Stage
let database: Database
beforeAll(async () => {
  stage = await openStage({ env: { BYOK_ENCRYPTION_KEY: bothText } })
  database = await openDatabase({ url: stage.databaseUrl, dataDir: '' })
  await putMany()
})
afterAll(async () => {
  await database?.close()
  await stage?.close()
})

/** Rows as saving a key writes them, under the old master key. */
async function putMany(): Promise<void> {
  await database.query(
    "insert into organizations (id, name, plan) select 'many-' || n, 'Many', 'standard' from generate_series(0, $1 - 1) n",
    [orgs],
  )
  for (let from = 0; from < keys; from += 5_000) {
    const some = Array.from({ length: Math.min(5_000, keys - from) }, (_, index) => from + index)
    const rows = some.map((index) => {
      const [org, provider] = [`many-${index % orgs}`, `p${index}`]
      const context = keyContext({
        org,
        holder: 'organization',
        user: '',
        provider,
        environment: 'production',
        keyId: `key_${index}`,
        version: 1,
        origin,
      })
      const envelope = sealEnvelope(oldRing, context, new Secret(secretOf(index))).toString('hex')
      return { id: `key_${index}`, org, provider, envelope }
    })
    const columns = (['id', 'org', 'provider', 'envelope'] as const).map((name) => rows.map((row) => row[name]))
    await database.query(
      `with rows as (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as t(id, org, provider, envelope)),
       keys as (
         insert into provider_keys (id, org_id, holder, provider, environment, version, hint, last4, origin, created_by, updated_by)
         select id, org, 'organization', provider, 'production', 1, '', '', $5, 'root', 'root' from rows returning id)
       insert into key_secrets (key_id, version, envelope, kek_id)
       select keys.id, 1, decode(envelope, 'hex'), 'old' from rows join keys using (id)`,
      [...columns, origin],
    )
  }
}

/** How many keys of these organizations open to what was sealed. */
async function readable(from: readonly number[], keyring = bothRings): Promise<number> {
  let opened = 0
  for (const org of from)
    for (const sealed of await loadSealedKeys({ database, keyring }, `many-${org}`))
      if (openKey(keyring, sealed).reveal() === secretOf(Number(sealed.binding.provider.slice(1)))) opened++
  return opened
}

/** The database for a rotator that loses its connection after so many statements; each of them has reached the server. */
function breakingOff(statements: number): Database {
  let left = statements
  const breaking = (on: Queryable): Queryable => ({
    async query<Row>(text: string, values?: readonly unknown[]) {
      const rows = await on.query<Row>(text, values)
      if (--left === 0) throw new Error('broken off')
      return rows
    },
  })
  return {
    ...database,
    ...breaking(database),
    transaction: (work) => database.transaction((tx) => work(breaking(tx))),
  }
}

test('a rotator that breaks off after any statement leaves no key whose row tells of another master key', async () => {
  for (let statements = 1; statements <= 8; statements++) {
    const broken = breakingOff(statements)
    const rotated = rotateMasterKey({ database: broken, keyring: bothRings, clock: systemClock, batchSize: 20 })
    await expect(rotated).rejects.toThrow('broken off')
    const rows = await database.query<{ envelope: Uint8Array; kek_id: string }>(
      'select envelope, kek_id from key_secrets',
    )
    expect(rows.filter(({ envelope, kek_id }) => readKekId(envelope) !== kek_id)).toEqual([])
  }
})

test(`${keys} keys, both rotators killed at ${kills} points: all stay readable, no request fails, and it comes to its end`, async () => {
  let going = true
  let served = 0
  const traffic = (async () => {
    while (going) {
      const answer = await stage.ask('own')
      expect([answer.status, answer.header('ownkey-key-source')]).toEqual([200, 'organization'])
      expect(stage.upstream.journal.requests.at(-1)?.header('authorization')).toBe(`Bearer ${canaryKeys.openai}`)
      served++
      // Keys that nobody cached: read anew from what stands in the database at this moment.
      if (served % 20 === 0) expect(await readable([served % orgs])).toBe(keys / orgs)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  for (let point = 0; point < kills; point++) {
    const both = [0, 1].map(() => startChild('rotate-master-key', [stage.databaseUrl, '', bothText]))
    const lines = 1 + (point % 7)
    const done = (child: (typeof both)[number]) => child.lines.length >= lines || child.lines.at(-1)?.startsWith('{')
    await Promise.race(both.map((child) => child.line(() => done(child) === true)))
    await Promise.all(both.map((child) => child.kill()))
    expect(await readable([point % orgs])).toBe(keys / orgs)
  }
  going = false
  await traffic
  expect(served).toBeGreaterThan(kills)
  const all = Array.from({ length: orgs }, (_, index) => index)
  expect(await readable(all)).toBe(keys)
  const report = await rotateMasterKey({ database, keyring: bothRings, clock: systemClock })
  expect(report.unreadable).toEqual({})
  expect(await readable(all, newRing)).toBe(keys)
}, 1_800_000)
