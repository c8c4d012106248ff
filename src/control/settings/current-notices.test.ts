import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningControl, startControl } from '../../../test/support/start-control.ts'

const config = `
platform: { name: Acme, aiName: Acme AI }
providers:
  openai: { platformKey: sk-sandbox-ok-platform }
  gemini: {}
features:
  chat: { title: Chat, capability: chat, providers: [openai] }
  images: { title: Images, capability: vision, providers: [gemini, openai], meter: pictures }
plans:
  standard:
    providers: { openai: optional, gemini: optional }
    fallback: { mode: customer }
    credits: { ownKey: 0, platformKey: 5 }
    quotas: { pictures: { title: Pictures, limit: 100 } }
  gemini_only: { providers: { gemini: optional, '*': unavailable } }
  one_for_all: { providers: { openai: optional, gemini: optional }, choice: single }
`

describe('notices that are read from the state', () => {
  let control: RunningControl
  let owner = ''
  beforeAll(async () => {
    control = await startControl({ config, sandbox: true })
    await control.org('acme')
    await control.call('POST', '/api/v1/orgs/acme/credits', {
      body: { amount: 1000, reason: 'start', idempotencyKey: 'a' },
    })
    owner = await control.member('acme')
  })
  afterAll(() => control?.close())
  const call = (method: string, path: string, body?: unknown) =>
    control.call(method, `/api/v1/orgs/acme${path}`, { token: owner, body })
  const kinds = async () => (await call('GET', '/notices')).body.items.map(({ kind }: { kind: string }) => kind)

  it('says nothing where nothing needs anyone', async () => {
    await call('PUT', '/keys/openai', { key: 'sk-sandbox-ok-mine-00000000' })
    expect(await kinds()).toEqual([])
  })

  it('says that the platform’s AI stands in, for as long as the key does not work', async () => {
    await call('PUT', '/keys/openai', { key: 'sk-sandbox-quota-mine-00000' })
    const { items } = (await call('GET', '/notices')).body
    expect(items).toMatchObject([
      {
        kind: 'fallback_active',
        severity: 'warning',
        provider: 'openai',
        title: expect.stringContaining('Acme AI'),
        resolvedAt: null,
      },
    ])
    expect((await call('GET', '/settings')).body.notices).toEqual(items)
    await call('PUT', '/keys/openai', { key: 'sk-sandbox-ok-mine-00000000' })
    expect(await kinds()).toEqual([])
  })

  it('says that requests fail where fallback is off', async () => {
    await call('PUT', '/keys/openai', { key: 'sk-sandbox-quota-mine-00000', fallback: false })
    expect((await call('GET', '/notices')).body.items).toMatchObject([
      { kind: 'key_failing', severity: 'critical', fix: expect.stringContaining('fallback') },
    ])
    await call('DELETE', '/keys/openai')
    expect(await kinds()).toEqual([])
  })

  it.each([
    ['gemini_only', 'whose provider the plan no longer offers'],
    ['one_for_all', 'whose provider is not the one that serves all'],
  ])('says nothing on the plan %s of a key %s: nothing uses it', async (plan) => {
    const org = (method: string, path: string, body?: unknown) =>
      control.call(method, `/api/v1/orgs/${plan}${path}`, { body })
    await control.org(plan)
    await org('PUT', '/keys/openai', { key: 'sk-sandbox-quota-mine-00000' })
    expect((await org('GET', '/notices')).body.items).toHaveLength(1)
    await org('PUT', '', { name: plan, plan })
    if (plan === 'one_for_all') await org('PUT', '/settings/active-provider', { provider: null })
    expect((await org('GET', '/notices')).body.items).toEqual([])
  })

  it('reminds of rotation before and after its date', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
    await call('PUT', '/keys/openai', { key: 'sk-sandbox-ok-mine-00000000', rotateBy: inDays(90) })
    expect(await kinds()).toEqual([])
    await call('PATCH', '/keys/openai', { rotateBy: inDays(7) })
    expect(await kinds()).toEqual(['rotation_due'])
    await call('PATCH', '/keys/openai', { rotateBy: inDays(-1) })
    expect(await kinds()).toEqual(['rotation_overdue'])
    await call('DELETE', '/keys/openai')
  })

  it('warns of a quota and of credits only where something counts toward them', async () => {
    const month = new Date(new Date().toISOString().slice(0, 7)).toISOString()
    const use = (used: number) =>
      control.database.query(
        `insert into quota_usage (org_id, meter, per, period_start, used) values ('acme', 'pictures', 'month', $1, $2)
         on conflict (org_id, meter, per, period_start) do update set used = excluded.used`,
        [month, used],
      )
    await use(85)
    await call('PUT', '/keys/gemini', { key: 'AIza-sandbox-ok-mine-000000' })
    // The own key is exempt: the limit is nobody's concern.
    expect(await kinds()).toEqual([])
    await call('DELETE', '/keys/gemini')
    expect(await kinds()).toEqual(['quota_near'])
    await use(100)
    await control.call('POST', '/api/v1/orgs/acme/credits', {
      body: { amount: -950, reason: 'spent', idempotencyKey: 'b' },
    })
    expect(await kinds()).toEqual(['credits_low', 'quota_reached'])
  })
})
