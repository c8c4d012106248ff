import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Clock } from '../lib/index.ts'
import { type Database, migrate, notifyDeletion, openDatabase, touchOrganization } from '../store/index.ts'
import { createTenants, type LiveTenants, type TenantsOptions } from './create-tenants.ts'
import { hashToken, newToken } from './token-format.ts'

let database: Database
let folder: string
const open: LiveTenants[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ownkey-tenants-'))
  database = await openDatabase({ dataDir: folder })
  await migrate(database)
})

afterEach(async () => {
  for (const tenants of open.splice(0)) await tenants.close()
})

afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

/** The same database with its statements counted, and able to fail. */
function watched() {
  const state = { statements: 0, down: false, deaf: false, answering: () => {} }
  const own: Database = {
    ...database,
    query: async (text, values) => {
      state.statements++
      if (state.down) throw new Error('connection refused')
      const rows = await database.query(text, values)
      state.answering()
      return rows as never
    },
    listen: (channel, heard) => database.listen(channel, (payload) => state.deaf || heard(payload)),
  }
  return { own, state }
}

/** A clock that is moved by hand. */
function handClock(): Clock & { move(ms: number): void } {
  const began = Date.UTC(2026, 10, 20, 12)
  let time = 1_000
  return { now: () => began + time, monotonic: () => time, move: (ms) => (time += ms) }
}

async function start(options: Partial<TenantsOptions> = {}) {
  const { own, state } = watched()
  const clock = handClock()
  // Checked by hand in these tests, so that nothing depends on how fast the machine is.
  const tenants = createTenants({ database: own, clock, revalidateMs: 3_600_000, ...options })
  open.push(tenants)
  await tenants.listening
  state.statements = 0
  return { tenants, state, clock }
}

let count = 0
async function newOrg(balance = 100): Promise<string> {
  const id = `org-${++count}`
  await database.query("insert into organizations (id, name, plan, balance) values ($1, 'Acme', 'standard', $2)", [
    id,
    balance,
  ])
  return id
}

async function addKey(org: string, id: string, provider = 'gemini'): Promise<void> {
  await database.query(
    `insert into provider_keys (id, org_id, holder, provider, environment, version, hint, last4, origin, created_by, updated_by)
     values ($1, $2, 'organization', $3, 'production', 3, '••••', 'abcd', 'https://example.test', 'u', 'u')`,
    [id, org, provider],
  )
  await database.query("insert into key_secrets (key_id, version, envelope, kek_id) values ($1, 3, $2, 'k')", [
    id,
    Buffer.from(`sealed ${id}`),
  ])
}

async function addToken(org: string | null, expiresAt: Date | null = null) {
  const token = newToken('access')
  const id = `tok-${++count}`
  await database.query(
    "insert into tokens (id, hash, kind, org_id, feature, created_by, expires_at) values ($1, decode($2, 'hex'), 'access', $3, 'chatbot', 'operator', $4)",
    [id, hashToken(token), org, expiresAt],
  )
  return { id, token }
}

describe('a snapshot', () => {
  test('holds the organization, its keys still sealed, and its quotas, read by one statement', async () => {
    const org = await newOrg(70)
    await addKey(org, `${org}-a`)
    await addKey(org, `${org}-b`, 'openai')
    const { tenants, state } = await start()
    await database.query(
      "insert into quota_usage values ($1, 'image_recognition', 'month', '2026-11-01Z', 12), ($1, 'image_recognition', 'month', '2026-10-01Z', 99), ($1, 'calls', 'day', '2026-11-20Z', 3), ($1, 'calls', 'month', '2026-11-01Z', 40), ($1, 'calls', 'day', '2026-11-19Z', 50)",
      [org],
    )
    const tenant = await tenants.get(org)
    expect(state.statements).toBe(1)
    expect(tenant).toMatchObject({ org, plan: 'standard', balance: 70, epoch: 1, addOns: [] })
    expect(tenant?.quotaUsed).toEqual({ day: { calls: 3 }, month: { calls: 40, image_recognition: 12 } })
    expect(tenant?.keys.map((key) => [key.id, key.provider, key.version, key.user])).toEqual([
      [`${org}-a`, 'gemini', 3, ''],
      [`${org}-b`, 'openai', 3, ''],
    ])
    const sealed = tenant?.sealed.get(`${org}-a`)
    expect(sealed?.binding).toEqual({
      org,
      holder: 'organization',
      user: '',
      provider: 'gemini',
      environment: 'production',
      keyId: `${org}-a`,
      version: 3,
      origin: 'https://example.test',
    })
    expect(Buffer.from(sealed?.envelope ?? []).toString()).toBe(`sealed ${org}-a`)
  })

  test('says by the clock that only grows as of when its spending is known', async () => {
    const org = await newOrg()
    const { tenants, clock } = await start()
    expect((await tenants.get(org))?.spentAsOf).toBe(clock.monotonic())
    clock.move(1_000)
    await database.query('update organizations set balance = 7 where id = $1', [org])
    await tenants.revalidate()
    expect(await tenants.get(org)).toMatchObject({ balance: 7, spentAsOf: clock.monotonic() })
  })

  test('is answered at once and without a statement when warm', async () => {
    const org = await newOrg()
    const { tenants, state } = await start()
    const first = await tenants.get(org)
    for (let i = 0; i < 100; i++) expect(tenants.get(org)).toBe(first)
    expect(state.statements).toBe(1)
  })

  test('is loaded once for a herd, and many organizations in one statement', async () => {
    const orgs = [await newOrg(), await newOrg(), await newOrg()]
    const { tenants, state } = await start()
    const all = await Promise.all(Array.from({ length: 300 }, (_, i) => tenants.get(orgs[i % 3]!)))
    expect(state.statements).toBe(1)
    expect(new Set(all).size).toBe(3)
  })

  test('of an unknown organization is undefined, believed for a second only', async () => {
    const { tenants, state, clock } = await start()
    expect(await tenants.get('org-late')).toBeUndefined()
    expect(tenants.get('org-late')).toBeUndefined()
    expect(state.statements).toBe(1)
    await database.query("insert into organizations (id, name, plan) values ('org-late', 'Late', 'standard')")
    clock.move(1_001)
    expect(await tenants.get('org-late')).toMatchObject({ org: 'org-late' })
  })

  test('is opened of its outer layer when it is loaded', async () => {
    const org = await newOrg()
    await addKey(org, `${org}-k`)
    const { tenants } = await start({
      unwrap: async (sealed) => sealed.map((each) => ({ ...each, envelope: Buffer.from('inner') })),
    })
    expect((await tenants.get(org))?.sealed.get(`${org}-k`)?.envelope).toEqual(Buffer.from('inner'))
  })
})

describe('freshness', () => {
  test('a change is seen at once when it is told', async () => {
    const org = await newOrg()
    const { tenants } = await start()
    await tenants.get(org)
    await database.transaction(async (tx) => {
      await tx.query("update organizations set plan = 'gold' where id = $1", [org])
      await touchOrganization(tx, org)
    })
    await expect.poll(() => tenants.get(org)).toMatchObject({ plan: 'gold', epoch: 2 })
  })

  test('a change that nobody tells is seen by the next check', async () => {
    const org = await newOrg()
    const { tenants, state } = await start()
    state.deaf = true
    await tenants.get(org)
    await database.transaction(async (tx) => {
      await tx.query("update organizations set plan = 'gold' where id = $1", [org])
      await touchOrganization(tx, org)
    })
    expect(tenants.get(org)).toMatchObject({ plan: 'standard' })
    await tenants.revalidate()
    expect(await tenants.get(org)).toMatchObject({ plan: 'gold' })
  })

  test('a snapshot that was not checked for five seconds is never given out', async () => {
    const org = await newOrg()
    const { tenants, state, clock } = await start()
    state.deaf = true
    await tenants.get(org)
    await database.query("update organizations set plan = 'gold', epoch = epoch + 1 where id = $1", [org])
    clock.move(5_000)
    expect(tenants.get(org)).toMatchObject({ plan: 'standard' })
    clock.move(1)
    const next = tenants.get(org)
    expect(next).toBeInstanceOf(Promise)
    expect(await next).toMatchObject({ plan: 'gold' })
  })

  test('the age counts from the beginning of the check, not from its answer', async () => {
    const org = await newOrg()
    const { tenants, state, clock } = await start()
    await tenants.get(org)
    state.answering = () => clock.move(1_900)
    await tenants.revalidate()
    state.answering = () => {}
    clock.move(5_000 - 1_900)
    expect(tenants.get(org)).toMatchObject({ org })
    clock.move(1)
    const next = tenants.get(org)
    expect(next).toBeInstanceOf(Promise)
    await next
  })

  test('with the database away, a warm tenant is served for five seconds and then refused with a clear error', async () => {
    const org = await newOrg()
    const { tenants, state, clock } = await start()
    await tenants.get(org)
    state.down = true
    await tenants.revalidate()
    clock.move(4_999)
    expect(tenants.get(org)).toMatchObject({ org })
    clock.move(2)
    await expect(tenants.get(org)).rejects.toMatchObject({ code: 'unavailable' })
    state.down = false
    expect(await tenants.get(org)).toMatchObject({ org })
  })

  test('checks keep all tenants in use fresh by one statement, and idle ones are dropped', async () => {
    const orgs = [await newOrg(), await newOrg(), await newOrg()]
    const { tenants, state, clock } = await start()
    await Promise.all(orgs.map((org) => tenants.get(org)))
    state.statements = 0
    for (let i = 0; i < 30; i++) {
      clock.move(2_000)
      tenants.get(orgs[0]!)
      await tenants.revalidate()
    }
    expect(state.statements).toBe(30)
    expect(tenants.get(orgs[0]!)).toMatchObject({ org: orgs[0] })
    clock.move(4_000)
    await tenants.revalidate()
    const idle = tenants.get(orgs[1]!)
    expect(idle).toBeInstanceOf(Promise)
    await idle
  })

  test('what was being read while the change happened is not kept', async () => {
    const org = await newOrg()
    const { tenants } = await start()
    const old = tenants.get(org)
    tenants.forget(org)
    await database.query("update organizations set plan = 'gold' where id = $1", [org])
    const fresh = tenants.get(org)
    expect(fresh).not.toBe(old)
    expect(await fresh).toMatchObject({ plan: 'gold' })
    await old
    expect(tenants.get(org)).toMatchObject({ plan: 'gold' })
  })

  test('an organization that was deleted and made anew under the same id is not mistaken for the old one', async () => {
    const org = await newOrg()
    await addKey(org, `${org}-k`)
    const { tenants, state } = await start()
    state.deaf = true
    expect((await tenants.get(org))?.keys).toHaveLength(1)
    await database.query('delete from organizations where id = $1', [org])
    await database.query(
      "insert into organizations (id, name, plan, created_at) values ($1, 'New', 'standard', now() + interval '1 second')",
      [org],
    )
    await tenants.revalidate()
    expect((await tenants.get(org))?.keys).toEqual([])
  })
})

describe('identity', () => {
  test('stays while nothing changes, so that decisions can be remembered by it', async () => {
    const org = await newOrg()
    const { tenants } = await start()
    const tenant = await tenants.get(org)
    await tenants.revalidate()
    expect(tenants.get(org)).toBe(tenant)
  })

  test('changes with the balance and with a quota, at the next check', async () => {
    const org = await newOrg(10)
    const { tenants } = await start()
    const first = await tenants.get(org)
    await database.query('update organizations set balance = 9 where id = $1', [org])
    expect(tenants.get(org)).toBe(first)
    await tenants.revalidate()
    const second = tenants.get(org)
    expect(second).not.toBe(first)
    expect(second).toMatchObject({ balance: 9 })
    await database.query("insert into quota_usage values ($1, 'calls', 'month', '2026-11-01Z', 1)", [org])
    await tenants.revalidate()
    expect(tenants.get(org)).toMatchObject({ balance: 9, quotaUsed: { month: { calls: 1 } } })
  })
})

describe('tokens', () => {
  test('are found by their hash and answered at once when warm', async () => {
    const org = await newOrg()
    const { id, token } = await addToken(org)
    const { tenants, state } = await start()
    expect(await tenants.token(token)).toEqual({
      id,
      kind: 'access',
      org,
      user: undefined,
      feature: 'chatbot',
      environment: undefined,
      expiresAt: undefined,
    })
    expect(tenants.token(token)).toMatchObject({ id })
    expect(state.statements).toBe(1)
  })

  test('are looked up by the whole of it: another of the same beginning or end is another', async () => {
    const org = await newOrg()
    const { id, token } = await addToken(org)
    const { tenants } = await start()
    const hash = hashToken(token)
    for (const [part, alike] of Object.entries({ begin: `${hash.slice(0, -2)}00`, end: `00${hash.slice(2)}` }))
      await database.query(
        "insert into tokens (id, hash, kind, org_id, created_by) values ($1, decode($2, 'hex'), 'service', null, 'operator')",
        [`${id}-${part}`, alike],
      )
    expect(await tenants.token(token)).toMatchObject({ id, org })
    await database.query('delete from tokens where id = $1', [id])
    tenants.forgetToken(id)
    expect(await tenants.token(token)).toBeUndefined()
  })

  test('that cannot be one cost no statement', async () => {
    const { tenants, state } = await start()
    for (const garbage of ['', 'okt_', 'sk-proj-1234', `${newToken('service')}x`, newToken('session')]) {
      expect(tenants.token(garbage)).toBeUndefined()
    }
    expect(state.statements).toBe(0)
  })

  test('that are unknown are undefined', async () => {
    const { tenants } = await start()
    expect(await tenants.token(newToken('service'))).toBeUndefined()
  })

  test('expire on time, warm or not', async () => {
    const { tenants, clock } = await start()
    const cold = await start()
    const { id, token } = await addToken(null, new Date(clock.now() + 1_000))
    expect(await tenants.token(token)).toMatchObject({ id })
    for (const one of [clock, cold.clock]) one.move(999)
    expect(tenants.token(token)).toMatchObject({ id })
    for (const one of [clock, cold.clock]) one.move(1)
    expect(tenants.token(token)).toBeUndefined()
    expect(await cold.tenants.token(token)).toBeUndefined()
  })

  test('that are revoked work no more: here at once, elsewhere by the next check', async () => {
    const { id, token } = await addToken(null)
    const here = await start()
    const elsewhere = await start()
    elsewhere.state.deaf = true
    expect(await here.tenants.token(token)).toBeDefined()
    expect(await elsewhere.tenants.token(token)).toBeDefined()
    await database.query('update tokens set revoked_at = now() where id = $1', [id])
    here.tenants.forgetToken(id)
    expect(await here.tenants.token(token)).toBeUndefined()
    await elsewhere.tenants.revalidate()
    expect(await elsewhere.tenants.token(token)).toBeUndefined()
  })

  test('that are revoked work no more once that is told', async () => {
    const { id, token } = await addToken(null)
    const { tenants } = await start()
    expect(await tenants.token(token)).toBeDefined()
    await database.transaction(async (tx) => {
      await tx.query('update tokens set revoked_at = now() where id = $1', [id])
      await tx.query("select pg_notify('ownkey_changes', $1)", [JSON.stringify({ token: id })])
    })
    await expect.poll(() => tenants.token(token)).toBeUndefined()
  })

  test('of an organization that is deleted work no more, here at once and elsewhere once that is told', async () => {
    const org = await newOrg()
    const { token } = await addToken(org)
    const other = await addToken(await newOrg())
    const here = await start()
    const elsewhere = await start()
    here.state.deaf = true
    for (const { tenants } of [here, elsewhere]) {
      expect(await tenants.token(token)).toBeDefined()
      expect(await tenants.token(other.token)).toBeDefined()
    }
    await database.transaction(async (tx) => {
      await tx.query('delete from tokens where org_id = $1', [org])
      await notifyDeletion(tx, org)
    })
    here.tenants.forgetDeleted(org)
    expect(await here.tenants.token(token)).toBeUndefined()
    await expect.poll(() => elsewhere.tenants.token(token)).toBeUndefined()
    expect(elsewhere.tenants.token(other.token)).toMatchObject({ id: other.id })
  })
})

test('no more than the bound is kept, and what was used longest ago goes first', async () => {
  const { tenants, clock } = await start({ bound: 10 })
  const orgs = await Promise.all(Array.from({ length: 30 }, () => newOrg()))
  for (const org of orgs) {
    await tenants.get(org)
    clock.move(1)
  }
  const first = tenants.get(orgs[0]!)
  expect(first).toBeInstanceOf(Promise)
  await first
  expect(tenants.get(orgs[29]!)).toMatchObject({ org: orgs[29] })
})
