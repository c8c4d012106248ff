import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { dropEnded } from './queries/drop-ended.ts'

const config = `
providers:
  openai: { platformKey: sk-platform-canary-000000000000, baseUrl: UPSTREAM }
features:
  chat: { title: Chat }
  re_engagement: { title: Re-engagement, addOn: re_engagement }
plans:
  standard: { providers: { openai: optional } }
  asked: { byok: by_operator }
`

describe.each(databaseKinds)('what the operator does, on %s', (kind) => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ kind, config })
  })
  afterAll(() => control?.close())

  it('creates an organization and brings it to the same state again', async () => {
    const fields = { addOns: ['re_engagement'], locale: 'de' }
    const first = await control.org('acme', fields)
    expect(first.body).toMatchObject({
      id: 'acme',
      name: 'Org acme',
      plan: 'standard',
      addOns: ['re_engagement'],
      byokEnabled: null,
      byok: true,
      locale: 'de',
      balance: 0,
    })
    const second = await control.org('acme', fields)
    expect({ ...second.body, updatedAt: '' }).toEqual({ ...first.body, updatedAt: '' })
    expect((await control.call('GET', '/api/v1/orgs/acme')).body).toEqual(second.body)
  })

  it('leaves alone what an update does not name, and clears what it names as empty', async () => {
    expect((await control.org('acme')).body).toMatchObject({ addOns: ['re_engagement'], locale: 'de' })
    expect((await control.org('acme', { addOns: [], locale: null, byokEnabled: false })).body).toMatchObject({
      addOns: [],
      locale: null,
      byokEnabled: false,
      byok: false,
    })
    expect((await control.org('acme', { byokEnabled: null })).body).toMatchObject({ byokEnabled: null, byok: true })
  })

  it('writes nothing of a state that the organization has already', async () => {
    const stored = () =>
      control.database.query(
        `select epoch, updated_at, (select count(*)::int from audit_log where org_id = id) as rows
           from organizations where id = 'synced'`,
      )
    const sync = (more: Record<string, unknown>) => control.org('synced', more)
    await sync({ addOns: ['re_engagement'], locale: 'de', byokEnabled: false })
    const before = await stored()
    for (const again of [{}, { addOns: ['re_engagement'] }, { locale: 'de', byokEnabled: false }])
      expect((await sync(again)).body).toMatchObject({ addOns: ['re_engagement'], locale: 'de', byokEnabled: false })
    expect(await stored()).toEqual(before)
    await sync({ locale: null })
    expect(await stored()).toMatchObject([{ rows: 2 }])
  })

  it('is made once by many calls at a time, and loses nothing that any of them names', async () => {
    const named = [{}, { addOns: ['re_engagement'] }, { byokEnabled: true }, { locale: 'de' }, {}, {}]
    for (const action of ['org.create', 'org.update']) {
      const answers = await Promise.all(named.map((fields) => control.org('at-once', fields)))
      expect(answers.map(({ status }) => status)).toEqual(named.map(() => 200))
      expect((await control.call('GET', '/api/v1/orgs/at-once')).body, action).toMatchObject({
        addOns: ['re_engagement'],
        byokEnabled: true,
        locale: 'de',
      })
      const trail = (await control.call('GET', '/api/v1/orgs/at-once/audit')).body.items
      expect(trail.filter((row: { action: string }) => row.action === 'org.create')).toHaveLength(1)
      await Promise.all([
        control.org('at-once', { addOns: [] }),
        control.org('at-once', { byokEnabled: null, locale: null }),
      ])
    }
  })

  it('refuses an add-on that the configuration does not know, and names the one that was probably meant', async () => {
    const put = (org: string, addOns: string[]) =>
      control.call('PUT', `/api/v1/orgs/${org}`, { body: { name: 'X', plan: 'standard', addOns } })
    const answer = await put('adding', ['re_engagement', 're_engagment'])
    expect(answer.body).toMatchObject({
      status: 400,
      code: 'request_invalid',
      fix: 'Did you mean "re_engagement"?',
      errors: [{ field: 'body.addOns.1', code: 'unknown_value', didYouMean: 're_engagement' }],
    })
    expect((await put('adding', ['zzz'])).body.fix).toBe('Use those of the configuration: re_engagement.')
    expect((await control.call('GET', '/api/v1/orgs/adding')).status).toBe(404)
  })

  it('keeps an add-on that is named twice once', async () => {
    const twice = { addOns: ['re_engagement', 're_engagement'] }
    expect((await control.org('twice', twice)).body.addOns).toEqual(['re_engagement'])
    expect((await control.org('twice', twice)).body.addOns).toEqual(['re_engagement'])
  })

  it('lets an organization keep an add-on that a newer configuration does not know, and takes it away for good', async () => {
    await control.org('keeping', { addOns: ['re_engagement'] })
    control.reload(config.replace(', addOn: re_engagement', ''))
    expect((await control.call('GET', '/api/v1/orgs/keeping')).body.addOns).toEqual(['re_engagement'])
    expect((await control.call('GET', '/api/v1/orgs/keeping/settings')).status).toBe(200)
    expect((await control.org('keeping', { name: 'Renamed' })).body).toMatchObject({ addOns: ['re_engagement'] })
    expect((await control.org('keeping', { addOns: ['re_engagement'] })).status).toBe(200)
    const refused = await control.call('PUT', '/api/v1/orgs/keeping', {
      body: { name: 'X', plan: 'standard', addOns: ['re_engagement', 'other'] },
    })
    expect(refused.body).toMatchObject({
      status: 400,
      detail: 'There is no such add-on.',
      errors: [{ field: 'body.addOns.1' }],
    })
    expect(refused.body.fix).toBe('The configuration knows none: declare it there, or leave it out.')
    expect((await control.org('keeping', { addOns: [] })).body.addOns).toEqual([])
    expect(
      (
        await control.call('PUT', '/api/v1/orgs/keeping', {
          body: { name: 'X', plan: 'standard', addOns: ['re_engagement'] },
        })
      ).status,
    ).toBe(400)
    control.reload(config)
  })

  it.each(['a b', '../x', 'a%00', 'ä', '-x', 'x'.repeat(129)])('refuses the id %j', async (id) => {
    expect(
      (await control.call('PUT', `/api/v1/orgs/${encodeURIComponent(id)}`, { body: { name: 'X', plan: 'standard' } }))
        .status,
    ).toBe(400)
  })

  it('lists by pages, searches, and refuses a cursor that is not its own', async () => {
    for (const id of ['p1', 'p2', 'p3', 'p4', 'p5'])
      await control.org(id, { name: `Searched ${id} 100%_`, plan: 'asked' })
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Awaited<ReturnType<RunningControl['call']>> = await control.call(
        'GET',
        `/api/v1/orgs?limit=2&search=100%25_${cursor ? `&cursor=${cursor}` : ''}`,
      )
      seen.push(...page.body.items.map(({ id }: { id: string }) => id))
      cursor = page.body.nextCursor
    }
    expect(seen).toEqual(['p1', 'p2', 'p3', 'p4', 'p5'])
    expect((await control.call('GET', '/api/v1/orgs?plan=asked&search=P3')).body.items).toHaveLength(1)
    for (const bad of [
      'x',
      '%25',
      Buffer.from('["audit",1]').toString('base64url'),
      Buffer.from('["orgs",1]').toString('base64url'),
      'W10',
    ]) {
      expect((await control.call('GET', `/api/v1/orgs?cursor=${bad}`)).body, bad).toMatchObject({
        status: 400,
        errors: [{ field: 'query.cursor' }],
      })
    }
    for (const limit of ['0', '201', 'x', '1.5'])
      expect((await control.call('GET', `/api/v1/orgs?limit=${limit}`)).status, limit).toBe(400)
  })

  const grant = (body: object) => control.call('POST', '/api/v1/orgs/acme/credits', { body })

  it('grants credits once for each idempotency key, however many ask at once', async () => {
    const body = { amount: 100, reason: 'first month', idempotencyKey: 'inv-1' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => grant(body)))
    for (const answer of answers) expect(answer.body).toEqual({ balance: 100 })
    expect((await grant({ ...body, idempotencyKey: 'inv-2' })).body).toEqual({ balance: 200 })
    // A repetition tells what the first call told.
    expect((await grant(body)).body).toEqual({ balance: 100 })
    expect((await grant({ ...body, amount: 101 })).body).toMatchObject({ status: 409, code: 'idempotency_conflict' })
    expect((await control.call('GET', '/api/v1/orgs/acme')).body.balance).toBe(200)
  })

  it('takes back no more than there is, and only whole credits', async () => {
    expect((await grant({ amount: -50, reason: 'correction', idempotencyKey: 'c-1' })).body).toEqual({ balance: 150 })
    expect((await grant({ amount: -151, reason: 'correction', idempotencyKey: 'c-2' })).body).toMatchObject({
      status: 409,
      code: 'balance_too_low',
    })
    for (const amount of [0, 1.5, '5', 1e30, null])
      expect((await grant({ amount, reason: 'x', idempotencyKey: 'c-3' })).status, String(amount)).toBe(400)
    expect(
      (
        await control.call('POST', '/api/v1/orgs/nobody/credits', {
          body: { amount: 1, reason: 'x', idempotencyKey: 'n' },
        })
      ).body.code,
    ).toBe('org_unknown')
  })

  it('pays off what was used beyond the balance first', async () => {
    await control.database.query("update organizations set balance = 0, overdrawn = 30 where id = 'acme'")
    expect((await grant({ amount: 20, reason: 'less than owed', idempotencyKey: 'o-1' })).body).toEqual({ balance: 0 })
    expect((await grant({ amount: 20, reason: 'more than owed', idempotencyKey: 'o-2' })).body).toEqual({ balance: 10 })
  })

  it('makes tokens, shows each once, lists and revokes them', async () => {
    const made = await control.call('POST', '/api/v1/tokens', {
      body: { kind: 'access', org: 'acme', user: 'ada', feature: 'chat', environment: 'staging', expiresIn: 3600 },
    })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      token: expect.stringMatching(/^okt_/),
      kind: 'access',
      org: 'acme',
      user: 'ada',
      feature: 'chat',
      environment: 'staging',
      state: 'active',
    })
    const { id, token } = made.body
    const read = await control.call('GET', `/api/v1/tokens/${id}`)
    expect(read.text).not.toContain(token.slice(4, 20))
    expect(
      (await control.call('GET', '/api/v1/tokens?org=acme')).body.items.map((one: { id: string }) => one.id),
    ).toEqual([id])
    expect((await control.call('GET', '/api/v1/tokens?org=p1')).body.items).toEqual([])
    expect((await control.call('DELETE', `/api/v1/tokens/${id}`)).status).toBe(204)
    expect((await control.call('GET', `/api/v1/tokens/${id}`)).body.state).toBe('revoked')
    expect((await control.call('DELETE', '/api/v1/tokens/tok_unknown')).body).toMatchObject({
      status: 404,
      code: 'not_found',
    })
    const { items } = (await control.call('GET', '/api/v1/audit/search?action=token.')).body
    expect(items.map(({ action, org, target }: Record<string, string>) => [action, org, target])).toEqual([
      ['token.revoke', 'acme', id],
      ['token.create', 'acme', id],
    ])
  })

  it('keeps a token for 30 days after it expired or was revoked, and one without an end for ever', async () => {
    await control.org('tokens')
    const make = async (more: object = {}) =>
      (
        await control.call('POST', '/api/v1/tokens', {
          body: { kind: 'access', org: 'tokens', feature: 'chat', ...more },
        })
      ).body.id
    const lasting = await make()
    const long = await make({ expiresIn: '2d' })
    const brief = await make({ expiresIn: 60 })
    const revoked = await make({ expiresIn: '90d' })
    await control.call('DELETE', `/api/v1/tokens/${revoked}`)
    const left = async () =>
      (await control.call('GET', '/api/v1/tokens?org=tokens')).body.items.map(({ id }: { id: string }) => id)
    const days = 30 * 86_400_000
    await dropEnded(control.database, Date.now() + days - 60_000)
    expect(await left()).toEqual([revoked, brief, long, lasting])
    await dropEnded(control.database, Date.now() + days + 61_000)
    expect(await left()).toEqual([long, lasting])
  })

  it('lets no token live longer than the configuration allows', async () => {
    const bounded = await startControl({ kind, config: `${config}\nlifetimes: { tokenDays: 2 }` })
    try {
      const lifeOf = async (expiresIn?: string) => {
        const { body } = await bounded.call('POST', '/api/v1/tokens', { body: { kind: 'service', expiresIn } })
        return Math.round((Date.parse(body.expiresAt) - Date.parse(body.createdAt)) / 1000)
      }
      expect([await lifeOf(), await lifeOf('3d'), await lifeOf('1d')]).toEqual([172_800, 172_800, 86_400])
    } finally {
      await bounded.close()
    }
  })

  it.each([
    [{ kind: 'access' }, 'request_invalid'],
    [{ kind: 'service', user: 'ada' }, 'request_invalid'],
    [{ kind: 'service', feature: 'caht' }, 'feature_unknown'],
    [{ kind: 'service', environment: 'no where' }, 'request_invalid'],
    [{ kind: 'access', org: 'nobody' }, 'org_unknown'],
    [{ kind: 'root' }, 'request_invalid'],
    [{ kind: 'service', expiresIn: 0 }, 'request_invalid'],
    [{ kind: 'service', expiresIn: 1.5 }, 'request_invalid'],
    [{ kind: 'service', expiresIn: '0s' }, 'request_invalid'],
    [{ kind: 'service', expiresIn: '-1h' }, 'request_invalid'],
    [{ kind: 'service', expiresIn: '1 hour' }, 'request_invalid'],
    [{ kind: 'service', expiresIn: '9999999999d' }, 'request_invalid'],
    [{ kind: 'service', expiresIn: null }, 'request_invalid'],
  ])('makes no token from %j', async (body, code) => {
    expect((await control.call('POST', '/api/v1/tokens', { body })).body.code).toBe(code)
  })

  it.each([
    [3600, 3_600],
    ['3600', 3_600],
    ['90s', 90],
    ['15m', 900],
    ['1h', 3_600],
    ['7d', 604_800],
    [1, 1],
  ])('lets a token and a session live for %j', async (expiresIn, seconds) => {
    const before = Date.now()
    const user = { id: 'ada', role: 'owner' }
    for (const [path, fields] of [
      ['tokens', { kind: 'service', org: 'acme' }],
      ['sessions', { org: 'acme', user }],
    ] as const) {
      const { body } = await control.call('POST', `/api/v1/${path}`, { body: { ...fields, expiresIn } })
      const lives = Date.parse(body.expiresAt) - seconds * 1_000
      expect([lives >= before - 1, lives <= Date.now() + 1], path).toEqual([true, true])
    }
  })

  it('says how a life is written', async () => {
    const { body } = await control.call('POST', '/api/v1/tokens', { body: { kind: 'service', expiresIn: '1 hour' } })
    expect(body.detail).toContain('"15m"')
  })

  it('shows the configuration in force without its secrets', async () => {
    const answer = await control.call('GET', '/api/v1/config')
    expect(answer.body.config.providers.openai).toMatchObject({ platformKey: '[secret]' })
    expect(answer.text).not.toContain('sk-platform-canary')
    expect(answer.body.warnings.length).toBeGreaterThan(0)
    expect((await control.call('GET', '/api/v1/platform-keys')).body.items).toMatchObject([
      { provider: 'openai', configured: true, requests: 0 },
    ])
  })

  it('says so when an organization’s plan is gone from the configuration', async () => {
    await control.org('old', { plan: 'asked' })
    control.reload(config.replace('  asked: { byok: by_operator }\n', ''))
    const answer = await control.call('GET', '/api/v1/orgs/old/settings')
    expect(answer.body).toMatchObject({ status: 400, code: 'plan_unknown' })
    control.reload(config)
  })

  it('deletes an organization with all that is held of it, and names the record that proves it', async () => {
    const session = await control.member('p1')
    const { body } = await control.call('POST', '/api/v1/tokens', { body: { kind: 'access', org: 'p1' } })
    const gone = await control.call('DELETE', '/api/v1/orgs/p1')
    expect(gone.status).toBe(204)
    expect((await control.call('GET', '/api/v1/orgs/p1')).body.code).toBe('org_unknown')
    expect((await control.call('GET', '/api/v1/orgs/p1/settings', { token: session })).status).toBe(401)
    expect((await control.call('GET', `/api/v1/tokens/${body.id}`)).status).toBe(404)
    expect((await control.call('GET', '/api/v1/audit?org=p1')).body.items).toEqual([])
    const location = gone.headers.get('location') ?? ''
    const record = (await control.call('GET', location)).body
    expect(record).toMatchObject({ org: 'p1', intact: true, counts: { organizations: 1, sessions: 1, tokens: 1 } })
    const trail = await control.call('GET', '/api/v1/audit')
    expect(trail.body.items).toMatchObject([{ action: 'org.delete', target: record.id, actor: { kind: 'operator' } }])
    expect((await control.call('GET', '/api/v1/deletions/del_none')).status).toBe(404)
    expect((await control.call('DELETE', '/api/v1/orgs/p1')).body.code).toBe('org_unknown')
  })
})
