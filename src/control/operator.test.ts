import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { openaiKey } from '../../test/support/key-suite.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'
import { useUpTests } from '../../test/support/use-up-tests.ts'
import { type EndedEntry, type OpenedEntry, writeEntries } from '../store/index.ts'

const platformKey = `sk-proj-${'p'.repeat(40)}0001`
const config = `
platform: { name: Acme, aiName: Acme AI }
providers:
  openai: { baseUrl: UPSTREAM, as: open_ai, platformKey: ${platformKey} }
  anthropic: { baseUrl: UPSTREAM }
features: { chat: { title: Chat, capability: chat } }
plans: { standard: { providers: { openai: optional, anthropic: optional } } }
`

interface Entry {
  id: string
  org: string
  source: 'organization' | 'platform'
  minutesAgo: number
  /** Absent: it succeeded. */
  failed?: 'invalid_key' | 'quota_exhausted' | 'rate_limited'
  /** What had failed before it. */
  after?: 'invalid_key'
  /** Null: not known. */
  cost?: number | null
}

const entries: readonly Entry[] = [
  { id: 'e1', org: 'acme', source: 'organization', minutesAgo: 50, failed: 'invalid_key' },
  { id: 'e2', org: 'acme', source: 'platform', minutesAgo: 40, after: 'invalid_key' },
  { id: 'e3', org: 'beta', source: 'organization', minutesAgo: 30 },
  { id: 'e4', org: 'beta', source: 'organization', minutesAgo: 20, failed: 'quota_exhausted' },
  { id: 'e5', org: 'beta', source: 'organization', minutesAgo: 60 * 30 },
  {
    id: 'f1',
    org: 'beta',
    source: 'platform',
    minutesAgo: 60 * 50,
    after: 'invalid_key',
    cost: null,
    failed: 'rate_limited',
  },
  { id: 'f2', org: 'beta', source: 'platform', minutesAgo: 60 * 50, after: 'invalid_key', cost: null },
  { id: 'f3', org: 'beta', source: 'platform', minutesAgo: 60 * 50, after: 'invalid_key', cost: 0 },
]

function openedOf({ id, org, source, minutesAgo, after }: Entry, now: number): OpenedEntry {
  const place = { og: org, us: undefined, fe: 'chat', en: 'production', pr: 'openai', mo: 'gpt-4.1-mini', su: 'chat' }
  const st = now - minutesAgo * 60_000
  return { id, rq: `request-${id}`, at: 1, ...place, ks: source, ho: 'h.example', cr: 3, fc: after, st }
}

function endedOf({ id, minutesAgo, failed, cost = 2_000_000_000 }: Entry, now: number): EndedEntry {
  const counts = { it: 10, ot: 5, ...(cost !== null && { cp: cost, cu: 'USD' }), du: 40 }
  return { id, ok: !failed, sc: failed ? 401 : 200, ec: failed, ...counts, en: now - minutesAgo * 60_000 + 40 }
}

describe.each(databaseKinds)('what only the operator may ask on %s', (kind) => {
  let control: RunningControl
  let owner = ''
  beforeAll(async () => {
    control = await startControl({ kind, config })
    control.upstream.on(/./, json({ data: [], choices: [{ message: { content: 'ok' } }] }))
    await control.org('acme', { name: 'Acme Inc' })
    await control.org('beta', { name: 'Beta Inc' })
    owner = await control.member('acme')
    const now = Date.now()
    await writeEntries(control.database, {
      opened: JSON.stringify(entries.map((entry) => openedOf(entry, now))),
      ended: JSON.stringify(entries.map((entry) => endedOf(entry, now))),
      node: 'node',
      charging: false,
    })
  })
  afterAll(() => control?.close())
  const get = async (path: string) => (await control.call('GET', `/api/v1${path}`)).body

  it.each([
    ['GET', '/health'],
    ['GET', '/requests'],
    ['GET', '/audit/search'],
    ['GET', '/sessions'],
    ['GET', '/platform-keys'],
    ['POST', '/platform-keys/openai/test'],
    ['GET', '/webhooks'],
    ['GET', '/config'],
    ['DELETE', '/sessions/some-id'],
  ])('is refused to a member: %s %s', async (method, path) => {
    const answer = await control.call(method, `/api/v1${path}`, { token: owner })
    expect(answer.body).toMatchObject({ status: 403, code: 'operator_required', fix: expect.stringMatching(/\w/) })
    expect((await control.call(method, `/api/v1${path}`, { token: '' })).status).toBe(401)
  })

  it('GET /health counts by provider, class and organization within the hours asked for', async () => {
    const health = await get('/health?hours=2')
    expect(health).toMatchObject({ requests: 3, attempts: 4, failed: 2, fallbacks: { requests: 1, credits: 3 } })
    expect(health.errors).toEqual(
      expect.arrayContaining([
        { errorClass: 'invalid_key', keySource: 'organization', requests: 1 },
        { errorClass: 'quota_exhausted', keySource: 'organization', requests: 1 },
      ]),
    )
    const own = health.providers.find(({ keySource }: { keySource: string }) => keySource === 'organization')
    expect(own).toMatchObject({ provider: 'open_ai', requests: 3, failed: 2, duration: { p50: 40, p95: 40 } })
    expect(health.organizations[0]).toMatchObject({
      org: 'acme',
      name: 'Acme Inc',
      requests: 1,
      attempts: 2,
      failed: 1,
    })
    expect(health.organizations[1]).toMatchObject({ org: 'beta', requests: 2, attempts: 2, failed: 1 })
    expect((await get('/health?hours=40')).attempts).toBe(5)
    expect((await control.call('GET', '/api/v1/health?hours=0')).body).toMatchObject({ code: 'request_invalid' })
  })

  it('GET /health tells what fallbacks cost, and how many of those that served have no price', async () => {
    const { fallbacks } = await get('/health?hours=60')
    expect(fallbacks).toEqual({ requests: 4, credits: 9, costs: [{ currency: 'USD', amount: '0.002' }], unpriced: 1 })
  })

  it('GET /health names the own keys that fail, with their class and never their text', async () => {
    const key = openaiKey('4321')
    await control.call('PUT', '/api/v1/orgs/acme/keys/openai', { body: { key } })
    const undo = control.upstream.on(/./, json({ error: { code: 'invalid_api_key', message: key } }, { status: 401 }))
    await control.call('POST', '/api/v1/orgs/acme/keys/openai/test', { body: {} })
    undo()
    const answer = await control.call('GET', '/api/v1/health')
    expect(answer.body.failingKeys).toEqual([
      expect.objectContaining({ org: 'acme', orgName: 'Acme Inc', provider: 'open_ai', status: 'invalid' }),
    ])
    expect(answer.text).not.toContain(key)
  })

  it('GET /health says how many more fail than it names, and GET /orgs?failing=true leads to all', async () => {
    await control.org('many')
    await control.org('fine')
    const seed = (org: string, count: number, state: string) =>
      control.database.query(
        `insert into provider_keys (id, org_id, holder, user_id, provider, environment, state, version, hint, last4, origin, status, created_by, updated_by)
         select $1 || '-' || n, $1, 'user', 'user-' || n, 'openai', 'production', $3, 1, 'sk-…', '0000', 'https://x.test', 'network', 'test', 'test'
           from generate_series(1, $2::integer) n`,
        [org, count, state],
      )
    await seed('many', 203, 'active')
    await seed('fine', 1, 'disabled')
    const before = await get('/orgs')
    const failing = ({ items }: { items: { id: string; failingKeys: number }[] }) =>
      items.map(({ id, failingKeys }) => [id, failingKeys])
    expect(failing(before)).toEqual([
      ['acme', 1],
      ['beta', 0],
      ['fine', 0],
      ['many', 203],
    ])
    expect(failing(await get('/orgs?failing=true'))).toEqual([
      ['acme', 1],
      ['many', 203],
    ])
    const health = await get('/health')
    expect([health.failingKeys.length, health.moreFailingKeys]).toEqual([200, 4])
    for (const org of ['many', 'fine']) await control.call('DELETE', `/api/v1/orgs/${org}`)
    expect((await get('/health')).moreFailingKeys).toBe(0)
  })

  it('GET /requests lists attempts of all organizations, page by page and as CSV', async () => {
    const first = await get('/requests?limit=2&from=2020-01-01')
    expect(first.items.map(({ id, orgName }: { id: string; orgName: string }) => [id, orgName])).toEqual([
      ['e4', 'Beta Inc'],
      ['e3', 'Beta Inc'],
    ])
    const second = await get(`/requests?limit=2&from=2020-01-01&cursor=${encodeURIComponent(first.nextCursor)}`)
    expect(second.items.map(({ id }: { id: string }) => id)).toEqual(['e2', 'e1'])
    expect((await get('/requests?org=acme&outcome=failed')).items).toMatchObject([{ id: 'e1', org: 'acme' }])
    const csv = await control.call('GET', '/api/v1/requests?org=acme', { headers: { accept: 'text/csv' } })
    expect(csv.text.split('\r\n')[0]).toMatch(/^org,/)
    expect(csv.text).toContain('request-e2')
  })

  it('GET /audit/search finds by how an action begins, by person and by organization', async () => {
    const actions = async (query: string) =>
      (await get(`/audit/search?${query}`)).items.map(({ action, org }: { action: string; org: string }) => [
        action,
        org,
      ])
    expect(await actions('action=org.&org=beta')).toEqual([['org.create', 'beta']])
    expect((await actions('action=session.')).every(([action]: string[]) => action?.startsWith('session.'))).toBe(true)
    expect(await actions('actor=nobody-of-this-name')).toEqual([])
    const csv = await control.call('GET', '/api/v1/audit/search?action=org.', { headers: { accept: 'text/csv' } })
    expect(csv.text).toMatch(/^org,/)
    expect(csv.text.split('\r\n').filter((line) => /org\.create/.test(line))).toHaveLength(2)
  })

  it('GET and DELETE /sessions list who is signed in, without tokens, and end one at once', async () => {
    const token = await control.member('beta', 'admin', 'u_gone')
    const listed = await control.call('GET', '/api/v1/sessions?org=beta&kind=member')
    expect(listed.text).not.toContain(token)
    const [row] = listed.body.items
    expect(row).toMatchObject({ org: 'beta', user: { id: 'u_gone', role: 'admin' }, parent: null, current: false })
    expect((await control.call('GET', '/api/v1/orgs/beta/settings', { token })).status).toBe(200)
    expect((await control.call('DELETE', `/api/v1/sessions/${row.id}`)).status).toBe(204)
    expect((await control.call('GET', '/api/v1/orgs/beta/settings', { token })).status).toBe(401)
    expect((await get('/sessions?org=beta')).items).toEqual([])
    expect((await control.call('DELETE', '/api/v1/sessions/unknown')).body).toMatchObject({ code: 'not_found' })
    expect((await get('/audit/search?action=session.revoke')).items[0]).toMatchObject({ org: 'beta', target: row.id })
  })

  it('POST /platform-keys/{provider}/test tries the key where it serves, and says when there is none', async () => {
    const answer = await control.call('POST', '/api/v1/platform-keys/open_ai/test', { body: {} })
    expect(answer.body).toMatchObject({ status: 'valid' })
    expect(answer.text).not.toContain(platformKey)
    expect(control.upstream.journal.requests.at(-1)?.header('authorization')).toBe(`Bearer ${platformKey}`)
    expect((await control.call('POST', '/api/v1/platform-keys/anthropic/test', { body: {} })).body).toMatchObject({
      status: 404,
      code: 'key_unknown',
      fix: expect.stringContaining('providers.anthropic.platformKey'),
    })
    const undo = control.upstream.on(
      /./,
      json({ error: { code: 'insufficient_quota', message: 'no' } }, { status: 429 }),
    )
    const dead = await control.call('POST', '/api/v1/platform-keys/open_ai/test', { body: {} })
    undo()
    expect(dead.body).toMatchObject({ status: 'quota', fix: expect.stringMatching(/\w/) })
    const [row] = (await get('/audit/search?action=platform_key.')).items
    expect(row).toMatchObject({ org: '', target: 'openai', detail: { status: 'quota' } })
  })

  it('POST /platform-keys/{provider}/test counts as a test of a key: after sixty in ten minutes nothing is sent', async () => {
    await control.call('POST', '/api/v1/platform-keys/open_ai/test', { body: {} })
    await useUpTests(control.database, 'test:user::%')
    const before = control.upstream.journal.requests.length
    const refused = await control.call('POST', '/api/v1/platform-keys/open_ai/test', { body: {} })
    expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited', facts: { limited: 'user', limit: 60 } })
    expect(control.upstream.journal.requests.length).toBe(before)
    await control.database.query('delete from rate_windows')
  })
})
