import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { operatorToken, type RunningControl, startControl } from '../../test/support/start-control.ts'
import { type EndedEntry, type OpenedEntry, writeEntries } from '../store/index.ts'
import { dropEnded } from './queries/drop-ended.ts'

const config = `
providers:
  gemini: { baseUrl: UPSTREAM, as: google_gemini }
features:
  chat: { title: Chat }
plans:
  standard: { providers: { gemini: optional } }
  users: { providers: { gemini: optional }, holder: user, managers: [owner, member] }
`

interface Entry {
  id: string
  org?: string
  user?: string | null
  at?: string
  source?: string
  /** Null: there was no answer. */
  status?: number | null
  errorClass?: string | null
  fallback?: string | null
  cost?: number | null
  currency?: string | null
  model?: string
  /** Of the prompt. */
  tokens?: number
}

const millis = (entry: Entry) => Date.parse(entry.at ?? '2026-03-01T10:00:00Z')

const openedOf = (entry: Entry): OpenedEntry => ({
  id: entry.id,
  rq: `req-${entry.id}`,
  at: 1,
  og: entry.org ?? 'acme',
  us: entry.user ?? undefined,
  fe: 'chat',
  en: 'production',
  pr: 'gemini',
  mo: entry.model ?? 'm1',
  su: 'chat',
  ks: entry.source ?? 'organization',
  ho: 'h.example',
  cr: 2,
  fc: entry.fallback ?? undefined,
  st: millis(entry),
})

const endedOf = (entry: Entry): EndedEntry => ({
  id: entry.id,
  ok: true,
  sc: entry.status === null ? undefined : (entry.status ?? 200),
  ec: entry.errorClass ?? undefined,
  it: entry.tokens ?? 10,
  ot: 5,
  cp: entry.cost === undefined ? 1_500_000_000 : (entry.cost ?? undefined),
  cu: entry.currency === undefined ? 'USD' : (entry.currency ?? undefined),
  du: 40,
  en: millis(entry) + 40,
})

describe.each(databaseKinds)('what the books show, on %s', (kind) => {
  let control: RunningControl
  let owner = ''

  const write = (entry: Entry) =>
    writeEntries(control.database, {
      opened: JSON.stringify([openedOf(entry)]),
      ended: JSON.stringify([endedOf(entry)]),
      node: 'node',
      charging: false,
    })
  const get = (path: string, { token = owner, org = 'acme', csv = false } = {}) =>
    control.call('GET', `/api/v1/orgs/${org}${path}`, { token, headers: csv ? { accept: 'text/csv' } : {} })

  beforeAll(async () => {
    control = await startControl({ kind, config })
    await control.org('acme')
    await control.org('other')
    await control.org('impatient')
    await control.org('people', { plan: 'users' })
    owner = await control.member('acme')
    await write({ id: 'e1' })
    await write({ id: 'e2', at: '2026-03-01T23:59:59Z', model: '=cmd|x' })
    await write({
      id: 'e3',
      at: '2026-03-02T00:00:00Z',
      status: 401,
      errorClass: 'invalid_key',
      cost: null,
      currency: null,
    })
    await write({ id: 'e4', at: '2026-03-02T00:00:01Z', source: 'platform', fallback: 'invalid_key', currency: 'EUR' })
    await write({ id: 'e5', at: '2026-03-03T00:00:00Z', cost: null, currency: null })
    await write({ id: 'left', org: 'impatient', status: null, cost: null, currency: null })
    await write({ id: 'x1', org: 'other', at: '2026-03-02T00:00:00Z' })
    await write({ id: 'u1', org: 'people', user: 'ada', source: 'user' })
    await write({ id: 'u2', org: 'people', user: 'bob', source: 'user' })
  })
  afterAll(() => control?.close())
  const march = 'from=2026-03-01&to=2026-03-31'

  it('sums by day: a date means the whole day, currencies are never added up', async () => {
    const { body } = await get(`/usage?${march}`)
    expect(
      body.rows.map((row: { group: unknown; requests: number; failed: number }) => [
        row.group,
        row.requests,
        row.failed,
      ]),
    ).toEqual([
      [{ day: '2026-03-01' }, 2, 0],
      [{ day: '2026-03-02' }, 1, 1],
      [{ day: '2026-03-03' }, 1, 0],
    ])
    expect(body.total).toMatchObject({
      requests: 4,
      attempts: 5,
      succeeded: 4,
      failed: 1,
      fallbacks: 1,
      inputTokens: 50,
      outputTokens: 25,
      credits: 10,
      unpriced: 1,
    })
    expect(body.total.costs).toEqual(
      expect.arrayContaining([
        { currency: 'USD', amount: '0.003' },
        { currency: 'EUR', amount: '0.0015' },
      ]),
    )
    expect((await get('/usage?from=2026-03-01&to=2026-03-01')).body.total.requests).toBe(2)
  })

  it('counts a request that fell back as two attempts, and once wherever both or one of them is looked at', async () => {
    const counted = async (query: string) => {
      const { rows, total } = (await get(`/usage?from=2026-03-02&to=2026-03-02&${query}`)).body
      return [...rows, total].map(({ requests, attempts }) => [requests, attempts])
    }
    for (const group of ['day', 'hour', 'month', 'feature', 'provider', 'surface', 'user', 'environment'])
      expect(await counted(`groupBy=${group}`), group).toEqual([
        [1, 2],
        [1, 2],
      ])
    for (const group of ['keySource', 'errorClass', 'feature,keySource'])
      expect(await counted(`groupBy=${group}`), group).toEqual([
        [1, 1],
        [1, 1],
        [1, 2],
      ])
    for (const source of ['organization', 'platform'])
      expect(await counted(`keySource=${source}`), source).toEqual([
        [1, 1],
        [1, 1],
      ])
  })

  it('adds up to the total in every grouping, also where users are told apart within a part of a day', async () => {
    for (const group of ['day', 'hour', 'month', 'feature', 'provider', 'model', 'keySource', 'user', 'user,day']) {
      const { body } = await get(`/usage?from=2026-03-01T12:00:00Z&to=2026-03-02T00:00:00Z&groupBy=${group}`)
      const sum = body.rows.reduce((all: number, row: { requests: number }) => all + row.requests, 0)
      expect(sum, group).toBe(body.total.requests)
    }
  })

  it('counts a request that its caller did not wait for neither as a success nor as a failure, wherever it is shown', async () => {
    const at = { org: 'impatient', token: await control.member('impatient') }
    expect((await get(`/usage?${march}`, at)).body.total).toMatchObject({
      requests: 1,
      succeeded: 0,
      failed: 0,
      unanswered: 1,
    })
    for (const outcome of ['succeeded', 'failed'])
      expect((await get(`/requests?${march}&outcome=${outcome}`, at)).body.items, outcome).toEqual([])
  })

  it('gives usage page by page, every row once, with the total of all', async () => {
    const path = `/usage?${march}&groupBy=model,day`
    const whole = (await get(path)).body
    expect(whole.nextCursor).toBeNull()
    const rows: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: Awaited<ReturnType<typeof get>> = await get(`${path}&limit=1${cursor && `&cursor=${cursor}`}`)
      expect(body.total).toEqual(whole.total)
      rows.push(...body.rows)
      cursor = body.nextCursor
    }
    expect(rows).toEqual(whole.rows)
    const { nextCursor } = (await get(`${path}&limit=1`)).body
    const other = await get(`/usage?${march}&groupBy=day,model&cursor=${nextCursor}`)
    expect(other.body).toMatchObject({ status: 400, code: 'request_invalid' })
    const table = await get(`${path}&limit=1`, { csv: true })
    expect(table.headers.get('ownkey-next-cursor')).toBe(nextCursor)
  })

  it('sums up absurd counts of a strange server as far as a number goes, and does not fail', async () => {
    await control.org('absurd')
    for (let n = 0; n < 12; n++) await write({ id: `absurd-${n}`, org: 'absurd', tokens: 1_000_000_000_000_000 })
    const { status, body } = await get(`/usage?${march}&groupBy=model`, { org: 'absurd', token: operatorToken })
    expect(status).toBe(200)
    expect(body.total).toMatchObject({ attempts: 12, inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 60 })
    const csv = await get(`/usage?${march}`, { org: 'absurd', token: operatorToken, csv: true })
    expect(csv.text).toContain(`,${Number.MAX_SAFE_INTEGER},`)
  })

  it('groups by two things and shows providers under the platform’s id', async () => {
    const { body } = await get(`/usage?${march}&groupBy=provider,keySource`)
    expect(body.rows.map(({ group }: { group: unknown }) => group)).toEqual([
      { provider: 'google_gemini', keySource: 'organization' },
      { provider: 'google_gemini', keySource: 'platform' },
    ])
    expect((await get(`/usage?${march}&provider=google_gemini&keySource=platform`)).body.total.requests).toBe(1)
  })

  it.each([
    'groupBy=dya',
    'groupBy=day,day',
    'groupBy=day,feature,model',
    'groupBy=user,hour',
    'from=2026-03-02&to=2026-03-01',
    'from=yesterday',
  ])('refuses %s', async (query) => {
    const { body } = await get(`/usage?${query}`)
    expect(body).toMatchObject({ status: 400, code: 'request_invalid' })
    expect(body.errors[0].field).toMatch(/^query\./)
  })

  it('lists requests newest first, page by page, every one once', async () => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body }: Awaited<ReturnType<typeof get>> = await get(
        `/requests?${march}&limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      )
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.nextCursor
    }
    expect(seen).toEqual(['e5', 'e4', 'e3', 'e2', 'e1'])
    const [failed] = (await get(`/requests?${march}&outcome=failed`)).body.items
    expect(failed).toMatchObject({ id: 'e3', provider: 'google_gemini', errorClass: 'invalid_key', cost: null })
    expect((await get(`/requests?${march}&outcome=fallback`)).body.items).toMatchObject([
      { id: 'e4', fallbackClass: 'invalid_key', cost: { currency: 'EUR', amount: '0.0015' } },
    ])
  })

  it('gives CSV where it is asked for, with the next cursor in a header and no formulas', async () => {
    const answer = await get(`/requests?${march}&limit=4`, { csv: true })
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/)
    const lines = answer.text.split('\r\n')
    expect(lines[0]).toMatch(/^startedAt,requestId,/)
    expect(lines).toHaveLength(6)
    expect(answer.text).toContain("'=cmd|x")
    const next = await get(`/requests?${march}&cursor=${answer.headers.get('ownkey-next-cursor')}`, { csv: true })
    expect(next.text).toContain('req-e1')
    expect(next.headers.get('ownkey-next-cursor')).toBeNull()
    const usage = await get(`/usage?${march}&groupBy=model`, { csv: true })
    expect(usage.text.split('\r\n')[0]).toMatch(/^model,requests,.*,costEUR,costUSD$/)
    for (const path of ['/audit', '/notices'])
      expect((await get(path, { csv: true })).headers.get('content-type'), path).toMatch(/^text\/csv/)
  })

  it('shows a member where keys belong to users only what is their own', async () => {
    const [ada, boss] = await Promise.all([
      control.member('people', 'member', 'ada'),
      control.member('people', 'owner', 'boss'),
    ])
    const idsFor = async (token: string) =>
      (await get(`/requests?${march}`, { token, org: 'people' })).body.items.map(({ id }: { id: string }) => id)
    expect(await idsFor(ada)).toEqual(['u1'])
    expect(await idsFor(boss)).toEqual(['u2', 'u1'])
    expect((await get(`/usage?${march}`, { token: ada, org: 'people' })).body.total.requests).toBe(1)
  })

  it('tells what is open in words, and what is over only when it is asked for', async () => {
    await control.database.query(
      `insert into notices (id, org_id, cause, kind, provider, facts, count, resolved_at) values
        ('n1', 'acme', 'key:1', 'fallback_active', 'gemini', '{"errorClass":"quota_exhausted"}', 3, null),
        ('n2', 'acme', 'other', 'something_new', null, '{}', 1, null),
        ('n3', 'acme', 'key:0', 'key_failing', 'gemini', '{}', 1, now())`,
    )
    const { body } = await get('/notices')
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(['n2', 'n1'])
    expect(body.items[1]).toMatchObject({
      provider: 'google_gemini',
      severity: 'warning',
      title: expect.stringContaining('Gemini'),
      detail: expect.stringContaining('credit or quota'),
      count: 3,
    })
    expect((await get('/notices?state=all')).body.items).toHaveLength(3)
    expect((await get('/notices?state=resolved')).body.items).toMatchObject([{ id: 'n3' }])
    expect((await get('/settings')).body.notices).toHaveLength(2)
  })

  it('keeps a notice for 90 days after it was closed, and one that is open for ever', async () => {
    await control.org('closed')
    await control.database.query(
      `insert into notices (id, org_id, cause, kind, opened_at, last_at, resolved_at) values
        ('old', 'closed', 'a', 'key_failing', '2020-01-01', '2020-01-01', '2026-03-01T12:00:00Z'),
        ('late', 'closed', 'b', 'key_failing', '2020-01-01', '2020-01-01', '2026-03-02T12:00:00Z'),
        ('open', 'closed', 'c', 'key_failing', '2020-01-01', '2020-01-01', null)`,
    )
    const left = async () =>
      (await control.database.query<{ id: string }>("select id from notices where org_id = 'closed' order by id")).map(
        ({ id }) => id,
      )
    await dropEnded(control.database, Date.parse('2026-05-30T11:59:59Z'))
    expect(await left()).toEqual(['late', 'old', 'open'])
    await dropEnded(control.database, Date.parse('2026-05-30T12:00:01Z'))
    expect(await left()).toEqual(['late', 'open'])
  })

  it('tells what is so again, beside the notice of the last time, which is closed', async () => {
    await control.org('again')
    const { body: key } = await control.call('PUT', '/api/v1/orgs/again/keys/gemini', {
      body: { key: 'AIza-whatever-of-again-0000', rotateBy: '2020-01-01' },
    })
    await control.database.query(
      `insert into notices (id, org_id, cause, kind, key_id, facts, count, resolved_at)
       values ('n6', 'again', 'rotation_overdue', 'rotation_overdue', $1, '{}', 1, now())`,
      [key.id],
    )
    const { body } = await control.call('GET', '/api/v1/orgs/again/notices?state=all')
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([`now_rotation_overdue_${key.id}`, 'n6']),
    )
  })

  it('pages through what is read from the state and what is stored, each once', async () => {
    await control.org('many')
    for (const environment of ['one', 'two', 'three'])
      await control.call('PUT', '/api/v1/orgs/many/keys/gemini', {
        body: { key: `AIza-whatever-of-${environment}-0000`, environment, rotateBy: '2020-01-01' },
      })
    await control.database.query(
      `insert into notices (id, org_id, cause, kind, facts, count) values
        ('n4', 'many', 'a', 'something_new', '{"about":"a"}', 1), ('n5', 'many', 'b', 'something_new', '{"about":"b"}', 1)`,
    )
    const walk = async (limit: number) => {
      const pages: { id: string; keyId: string | null }[][] = []
      let cursor = ''
      do {
        const { body } = await control.call('GET', `/api/v1/orgs/many/notices?limit=${limit}${cursor}`)
        pages.push(body.items)
        cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
      } while (cursor)
      return pages
    }
    const all = (await walk(200)).flat().map(({ id }) => id)
    expect([new Set(all).size, all.slice(-2)]).toEqual([all.length, ['n5', 'n4']])
    expect(all.length).toBeGreaterThan(4)
    for (const limit of [1, 2, all.length - 2, all.length]) {
      const pages = await walk(limit)
      expect(
        pages.flat().map(({ id }) => id),
        `limit ${limit}`,
      ).toEqual(all)
      expect(
        pages.slice(0, -1).every(({ length }) => length === limit),
        `limit ${limit}`,
      ).toBe(true)
    }
  })

  it('finds what one person did, and pages through the trail', async () => {
    await control.call('PUT', '/api/v1/orgs/acme/keys/gemini', {
      token: owner,
      body: { key: 'AIza-whatever-000000000' },
    })
    const first = (await get('/audit?limit=1')).body
    const second = (await get(`/audit?limit=1&cursor=${first.nextCursor}`)).body
    expect(second.items[0].seq).toBe(first.items[0].seq - 1)
    expect(
      (await get('/audit?actor=operator')).body.items.every(
        ({ actor }: { actor: { id: string } }) => actor.id === 'operator',
      ),
    ).toBe(true)
    expect((await get('/audit?action=org.create')).body.items).toHaveLength(1)
    expect((await get('/audit?to=2000-01-01')).body.items).toEqual([])
  })
})
