import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { type EndedEntry, type OpenedEntry, syncNotices, writeEntries } from '../store/index.ts'
import { rotationCause } from './sweep-notices.ts'

const key = {
  id: 'key_1',
  org_id: 'acme',
  plan: 'standard',
  provider: 'openai',
  environment: 'production',
  hint: 'sk-...wxyz',
  owner: 'platform team',
}
const today = Date.UTC(2026, 10, 21, 15)
const due = (rotateBy: string, remindDays = [30, 7, 1]) =>
  rotationCause({ ...key, rotate_by: rotateBy }, remindDays, today)

describe('due dates of keys', () => {
  it.each([
    ['2026-12-22', undefined],
    ['2026-12-21', 30],
    ['2026-11-29', 30],
    ['2026-11-28', 7],
    ['2026-11-22', 1],
    ['2026-11-21', 1],
  ])('due on %s is told by the reminder of %s days', (date, reminder) => {
    expect(due(date)?.facts?.['reminder']).toBe(reminder)
  })

  it('are told of once more when they are over, and each reminder has a notice of its own', () => {
    expect(due('2026-11-20')).toMatchObject({
      kind: 'rotation_overdue',
      keyId: 'key_1',
      facts: { owner: 'platform team' },
    })
    expect(new Set([due('2026-11-29')?.cause, due('2026-11-28')?.cause, due('2026-11-22')?.cause]).size).toBe(3)
    expect(due('2026-11-22', [])).toBeUndefined()
  })
})

describe.each(databaseKinds)('notices of the state on %s', (kind) => {
  let opened: OpenTestDatabase
  let count = 0
  const sync = (...causes: NonNullable<ReturnType<typeof due>>[]) =>
    opened.database.transaction((tx) =>
      syncNotices(tx, causes, { kinds: ['rotation_due', 'rotation_overdue'], newId: () => `n${++count}` }),
    )
  const told = () => opened.database.query<{ type: string }>('delete from webhook_events returning type')
  const rows = () => opened.database.query('select kind, count, resolved_at is null as open from notices order by id')
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    await opened.database.query("insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard')")
    await opened.database.query(
      `insert into provider_keys (id, org_id, holder, provider, environment, version, hint, last4, origin, created_by, updated_by)
       values ('key_1', 'acme', 'organization', 'openai', 'production', 1, '', '', '', '', '')`,
    )
  })
  afterAll(() => opened.remove())

  it('open once, are told once, and close by themselves', async () => {
    const week = due('2026-11-28')!
    await sync(week)
    await sync(week)
    expect(await rows()).toEqual([{ kind: 'rotation_due', count: 1, open: true }])
    expect(await told()).toEqual([{ type: 'notice.opened' }])
    await sync(due('2026-11-20')!)
    expect((await told()).map(({ type }) => type).sort()).toEqual(['notice.opened', 'notice.resolved'])
    await sync()
    expect((await rows()).map(({ open }) => open)).toEqual([false, false])
  })
})

const limits = `
providers: { gemini: { platformKey: platform-key-of-the-sweep, baseUrl: UPSTREAM } }
features: { chat: { title: Chat, meter: asked } }
prices: { gemini: { m1: { input: 1, currency: USD }, m2: { input: 1, currency: INR } } }
plans:
  standard:
    credits: { ownKey: 0, platformKey: 1 }
    quotas: { asked: { limit: 10 } }
    caps: [{ limit: 1 }]
`

describe.each(databaseKinds)('quotas, credits and caps, swept on %s', (kind) => {
  let control: RunningControl
  let count = 0
  beforeAll(async () => {
    control = await startControl({ kind, config: limits })
    await control.org('acme')
    await control.org('idle')
    await control.database.query("update organizations set balance = 1000 where id = 'acme'")
  })
  afterAll(() => control?.close())

  /** One answer that cost so much and counted toward the quota so often. */
  const spend = async (pico: number, currency = 'USD', asked = 0) => {
    const now = control.time.offsetMs + Date.now()
    const date = new Date(now)
    const id = `entry-${++count}`
    const opened: OpenedEntry = {
      id,
      rq: id,
      at: 1,
      og: 'acme',
      fe: 'chat',
      en: 'production',
      pr: 'gemini',
      mo: 'm1',
      su: 'generate',
      ks: 'platform',
      ho: 'h.example',
      cr: 0,
      st: now,
    }
    const ended: EndedEntry = { id, ok: true, sc: 200, it: 1, cp: pico, cu: currency, du: 5, en: now + 5 }
    const batch = { opened: JSON.stringify([opened]), ended: JSON.stringify([ended]), node: 'n', charging: false }
    await writeEntries(control.database, batch)
    await control.database.query(
      `insert into quota_usage (org_id, meter, per, period_start, used) values ('acme', 'asked', 'month', to_timestamp($1::float8 / 1000), $2)
       on conflict (org_id, meter, per, period_start) do update set used = quota_usage.used + excluded.used`,
      [Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1), asked],
    )
  }
  const swept = async () => {
    control.forget('acme')
    await control.sweep()
    const rows = await control.database.query<{ kind: string; count: number; open: boolean }>(
      "select kind, count, resolved_at is null as open from notices where org_id = 'acme' order by opened_at, kind",
    )
    const open = rows.filter((row) => row.open).map((row) => row.kind)
    const closed = rows.filter((row) => !row.open).map((row) => row.kind)
    const told = await control.database.query<{ type: string; kind: string }>(
      "delete from webhook_events where type like 'notice.%' returning type, data ->> 'kind' as kind",
    )
    return { open: open.sort(), closed: closed.sort(), told: told.map(({ type, kind }) => `${type} ${kind}`).sort() }
  }

  it('are told of from 80 % on, once, and not before', async () => {
    await spend(0.79e12, 'USD', 7)
    expect(await swept()).toEqual({ open: [], closed: [], told: [] })
    await spend(0.01e12, 'USD', 1)
    const near = ['cap_near', 'quota_near']
    expect(await swept()).toEqual({ open: near, closed: [], told: near.map((kind) => `notice.opened ${kind}`) })
    expect(await swept()).toEqual({ open: near, closed: [], told: [] })
  })

  it('say that a limit is reached in the place of saying that it is near', async () => {
    await spend(0.2e12, 'USD', 2)
    expect(await swept()).toEqual({
      open: ['cap_reached', 'quota_reached'],
      closed: ['cap_near', 'quota_near'],
      told: [
        'notice.opened cap_reached',
        'notice.opened quota_reached',
        'notice.resolved cap_near',
        'notice.resolved quota_near',
      ],
    })
  })

  it('tell of credits that run low, and of spending that no cap counts', async () => {
    await spend(3e12, 'INR')
    // A new period for the cap and the quota, so that what a request costs is known again.
    control.time.offsetMs = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 2) - Date.now()
    await control.database.query("update organizations set balance = 19 where id = 'acme'")
    await spend(1, 'INR')
    const { open, closed } = await swept()
    expect(open).toEqual(['credits_low', 'currency_uncounted'])
    expect(closed).toEqual(['cap_near', 'cap_reached', 'quota_near', 'quota_reached'])
  })

  it('close by themselves when credits come, and when the currency has a rate', async () => {
    await control.call('POST', '/api/v1/orgs/acme/credits', {
      body: { amount: 500, reason: 'test', idempotencyKey: 'more' },
    })
    control.reload(`exchangeRates: { INR: 0.01 }\n${limits}`)
    const { open, told } = await swept()
    expect(open).toEqual([])
    expect(told).toEqual(['notice.resolved credits_low', 'notice.resolved currency_uncounted'])
  })

  it('are told of beside an organization whose plan the configuration no longer has', async () => {
    await control.org('aaa')
    await control.database.query(
      "insert into notices (id, org_id, cause, kind, facts, count) values ('old', 'aaa', 'x', 'quota_near', '{}', 1)",
    )
    await control.database.query("update organizations set plan = 'gone', balance = 1 where id = 'aaa'")
    await control.database.query("update organizations set balance = 5 where id = 'acme'")
    const { open } = await swept()
    expect(open).toEqual(['credits_low'])
  })

  it('are shown as they stand, and not as they stood when they were swept', async () => {
    const shown = async () => {
      control.forget('acme')
      const { body } = await control.call('GET', '/api/v1/orgs/acme/settings')
      return body.notices.map(({ id, detail }: { id: string; detail: string }) => [id.slice(0, 4), detail])
    }
    expect(await shown()).toEqual([['ntc_', 'Credits left: 5.']])
    await control.database.query("update organizations set balance = 4 where id = 'acme'")
    expect(await shown()).toEqual([['ntc_', 'Credits left: 4.']])
    await control.call('POST', '/api/v1/orgs/acme/credits', {
      body: { amount: 500, reason: 'test', idempotencyKey: 'much more' },
    })
    expect(await shown()).toEqual([])
    await control.database.query("update organizations set balance = 5 where id = 'acme'")
  })

  it('leave organizations alone that have nothing to tell', async () => {
    expect(await control.database.query("select 1 from notices where org_id = 'idle'")).toEqual([])
  })
})

const limitsOfUsers = `
providers: { gemini: { baseUrl: UPSTREAM } }
features: { chat: { title: Chat } }
plans:
  standard: { holder: user, managers: [owner, admin, member], verify: format_only, caps: [{ scope: key, limit: 1 }, { scope: key, per: day, limit: 1 }] }
`

describe.each(databaseKinds)('caps of keys that belong to users, on %s', (kind) => {
  it('are told of to whom the key belongs, and to the operator', async () => {
    const control = await startControl({ kind, config: limitsOfUsers })
    await control.org('acme')
    const [ada, bob] = [await control.member('acme', 'member', 'ada'), await control.member('acme', 'owner', 'bob')]
    const saved = await control.call('PUT', '/api/v1/orgs/acme/keys/gemini', {
      token: ada,
      body: { key: 'AIzaSyD-whatever-of-ada-0000000000000000' },
    })
    await spendOn(control, { key: saved.body.id, user: 'ada' })
    const kindsFor = async (token?: string) => {
      const shown = []
      for (const path of ['settings', 'notices']) {
        const { body } = await control.call('GET', `/api/v1/orgs/acme/${path}`, token === undefined ? {} : { token })
        shown.push((body.notices ?? body.items).map((notice: { kind: string }) => notice.kind))
      }
      return shown
    }
    const both = ['cap_reached', 'cap_reached']
    for (const look of ['read from the state', 'stored']) {
      expect(await kindsFor(ada), look).toEqual([both, both])
      expect(await kindsFor(bob), look).toEqual([[], []])
      expect((await kindsFor())[1], look).toEqual(both)
      await control.sweep()
    }
    await control.close()
  })
})

/** One answer that cost two dollars. */
async function spendOn(control: RunningControl, { key: ki, user: us }: { key: string; user: string }): Promise<void> {
  const now = Date.now()
  const opened: OpenedEntry = {
    id: 'spent',
    rq: 'spent',
    at: 1,
    og: 'acme',
    us,
    fe: 'chat',
    en: 'production',
    pr: 'gemini',
    su: 'generate',
    ks: 'user',
    ki,
    kv: 1,
    ho: 'h.example',
    cr: 0,
    st: now,
  }
  const ended: EndedEntry = { id: 'spent', ok: true, sc: 200, it: 1, cp: 2e12, cu: 'USD', du: 5, en: now + 5 }
  const batch = { opened: JSON.stringify([opened]), ended: JSON.stringify([ended]), node: 'n', charging: false }
  await writeEntries(control.database, batch)
  control.forget('acme')
}
