import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'

const config = `
platform: { origins: [https://app.acme.test] }
providers:
  openai: { baseUrl: UPSTREAM }
features:
  chat: { title: Chat, capability: chat }
plans:
  standard: { providers: { openai: optional, anthropic: unavailable } }
`
const secret = 'sk-never-echo-this-one-0123456789abcdef'

describe('what is refused, and how it is said', () => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ config })
    await control.org('acme')
  })
  afterAll(() => control?.close())
  const put = (body: unknown) => control.call('PUT', '/api/v1/orgs/acme/keys/openai', { body })

  it('answers problem details with type, title, status, detail, instance, code and fix', async () => {
    const answer = await control.call('GET', '/api/v1/orgs/nobody')
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body).toMatchObject({
      type: expect.stringMatching(/^urn:ownkey:problem:/),
      title: expect.any(String),
      detail: expect.any(String),
      fix: expect.any(String),
    })
    expect((await control.call('GET', '/api/v1/orgs/nobody/audit?limit=1')).body).toMatchObject({
      status: 404,
      code: 'org_unknown',
      instance: '/api/v1/orgs/nobody/audit',
    })
  })

  it('names an unknown field and the one that was probably meant', async () => {
    const answer = await control.call('PUT', '/api/v1/orgs/acme', {
      body: { name: 'Acme', plan: 'standard', add_ons: [], byokEnable: true },
    })
    expect(answer.body).toMatchObject({ status: 400, code: 'request_invalid' })
    expect(answer.body.errors).toMatchObject([
      { field: 'body.add_ons', detail: expect.stringContaining('addOns'), didYouMean: 'addOns' },
      { field: 'body.byokEnable', detail: expect.stringContaining('byokEnabled'), didYouMean: 'byokEnabled' },
    ])
    const nested = await control.call('POST', '/api/v1/sessions', {
      body: { org: 'acme', user: { id: 'u', role: 'owner', nam: 'x' } },
    })
    expect(nested.body.errors[0]).toMatchObject({ field: 'body.user.nam', didYouMean: 'name' })
    const query = await control.call('GET', '/api/v1/orgs?serach=x')
    expect(query.body.errors[0]).toMatchObject({ field: 'query.serach', didYouMean: 'search' })
  })

  it.each([
    ['GET', '/api/v1/orgs/acme', undefined],
    ['PUT', '/api/v1/orgs/acme', { name: 'Acme', plan: 'standard' }],
    ['POST', '/api/v1/tokens', { kind: 'service' }],
    ['DELETE', '/api/v1/orgs/acme', undefined],
  ])('refuses a query where none is taken, and does nothing: %s %s', async (method, path, body) => {
    const answer = await control.call(method, `${path}?dryRun=true`, { body })
    expect(answer.body).toMatchObject({
      status: 400,
      code: 'request_invalid',
      errors: [{ field: 'query.dryRun', code: 'unknown_field', detail: expect.stringContaining('nothing is taken') }],
    })
    expect((await control.call('GET', '/api/v1/orgs/acme')).status).toBe(200)
  })

  it('refuses a body that names a field twice, at any depth, and says no more of it than it may', async () => {
    const sent = async (raw: string) => {
      const { status, body, text } = await control.call('PUT', '/api/v1/orgs/acme', {
        raw,
        headers: { 'content-type': 'application/json' },
      })
      expect(text).not.toContain(secret)
      return [status, body.code, body.detail]
    }
    expect(await sent('{"name":"A","plan":"standard","n\\u0061me":"B"}')).toEqual([
      400,
      'request_invalid',
      '"name" stands twice in one object of the body.',
    ])
    expect((await sent(`{"x":[{"${secret}":1,"${secret}":2}]}`))[2]).toBe(
      'A field stands twice in one object of the body.',
    )
    expect((await control.call('GET', '/api/v1/orgs/acme')).body.name).toBe('Org acme')
  })

  it('says for every field what is wrong with it', async () => {
    const answer = await control.call('PUT', '/api/v1/orgs/acme', { body: { name: 7, plan: 'standard', addOns: 'x' } })
    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual(['body.name', 'body.addOns'])
  })

  it.each([
    ['PUT', '/api/v1/orgs/acme', { plan: 'standard' }, 'body.name', 'missing', 'is missing'],
    ['PUT', '/api/v1/orgs/acme', { name: 7, plan: 'standard' }, 'body.name', 'wrong_kind', 'must be a string'],
    ['PUT', '/api/v1/orgs/acme', { name: ' ', plan: 'standard' }, 'body.name', 'empty', 'must not be empty'],
    ['POST', '/api/v1/tokens', {}, 'body.kind', 'missing', 'is missing'],
    ['POST', '/api/v1/tokens', { kind: 'x' }, 'body.kind', 'unknown_value', 'must be one of service, access'],
    ['PUT', '/api/v1/orgs/acme/keys/openai', { key: secret, model: ' ' }, 'body.model', 'empty', 'must not be empty'],
    [
      'PATCH',
      '/api/v1/orgs/acme/keys/openai',
      { model: 'x'.repeat(201) },
      'body.model',
      'too_long',
      'at most 200 characters',
    ],
    [
      'PATCH',
      '/api/v1/orgs/acme/keys/openai',
      { rotateBy: 'soon' },
      'body.rotateBy',
      'not_a_date',
      'must be a date such as 2026-01-31',
    ],
    ['GET', '/api/v1/orgs?limit=x', undefined, 'query.limit', 'wrong_kind', 'must be a number'],
    ['GET', '/api/v1/orgs?limit=1.5', undefined, 'query.limit', 'not_whole', 'must be a whole number'],
    ['GET', '/api/v1/orgs?limit=201', undefined, 'query.limit', 'too_large', 'at most 200'],
    [
      'GET',
      '/api/v1/orgs/acme/usage?from=x',
      undefined,
      'query.from',
      'not_a_date',
      'a date or a moment, such as 2026-01-31 or 2026-01-31T12:00:00Z',
    ],
  ])('says in plain words what is wrong: %s %s %j', async (method, path, body, field, code, detail) => {
    const answer = await control.call(method, path, { body })
    expect(answer.body).toMatchObject({ status: 400, code: 'request_invalid', detail: `${field}: ${detail}` })
    expect(answer.body.errors).toMatchObject([{ field, code, detail }])
  })

  it('names the environment where it stood', async () => {
    const named = async (method: string, path: string, body?: object) =>
      (await control.call(method, path, { body })).body.errors?.[0].field
    const key = `sk-${'x'.repeat(40)}`
    expect(await named('PUT', '/api/v1/orgs/acme/keys/openai', { key: secret, environment: key })).toBe(
      'body.environment',
    )
    expect(await named('DELETE', `/api/v1/orgs/acme/keys/openai?environment=${key}`)).toBe('query.environment')
    expect(await named('GET', `/api/v1/orgs/acme/settings?environment=${key}`)).toBe('query.environment')
    expect(await named('POST', '/api/v1/orgs/acme/explain', { feature: 'chat', environment: key })).toBe(
      'body.environment',
    )
    expect(await named('POST', '/api/v1/tokens', { kind: 'service', environment: key })).toBe('body.environment')
  })

  it('reads no body in another encoding, which would be kept as something else', async () => {
    const raw = Buffer.from('{"name":"Müller","plan":"standard"}', 'latin1')
    const answer = await control.call('PUT', '/api/v1/orgs/acme', { raw })
    expect(answer.body).toMatchObject({ status: 400, code: 'request_invalid', fix: expect.stringContaining('UTF-8') })
    const read = await control.call('PUT', '/api/v1/orgs/acme', {
      raw: Buffer.from('{"name":"Müller","plan":"standard"}'),
    })
    expect(read.body.name).toBe('Müller')
  })

  it('suggests the plan that was probably meant', async () => {
    const answer = await control.call('PUT', '/api/v1/orgs/acme', { body: { name: 'Acme', plan: 'standart' } })
    expect(answer.body).toMatchObject({ status: 400, code: 'plan_unknown', fix: 'Did you mean "standard"?' })
  })

  it('never repeats a key, wherever in a broken request it stands', async () => {
    const attempts = [
      () => put({ key: [secret] }),
      () => put({ key: { value: secret } }),
      () => put({ key: secret, [secret]: 1 }),
      () => put({ kye: secret }),
      () => put({ key: `${secret}\nx` }),
      () => put({ key: secret, scope: secret }),
      () => put({ key: secret, environment: secret }),
      () => put({ key: secret, baseUrl: `https://${secret}` }),
      () => control.call('PUT', '/api/v1/orgs/acme/keys/openai', { raw: `{"key":"${secret}",}` }),
      () =>
        control.call('PUT', '/api/v1/orgs/acme/keys/openai', {
          raw: `key=${secret}`,
          headers: { 'content-type': 'text/plain' },
        }),
      () => control.call('GET', `/api/v1/orgs/acme/settings?key=${secret}`),
      () => control.call('PUT', `/api/v1/orgs/acme/keys/${secret}`, { body: { key: 'x' } }),
    ]
    for (const [index, attempt] of attempts.entries()) {
      const answer = await attempt()
      expect(answer.status, `attempt ${index}`).toBeGreaterThanOrEqual(400)
      expect(answer.status, `attempt ${index}`).toBeLessThan(500)
      // The path is the caller's own and is told back; everything else must not hold the key.
      expect(JSON.stringify({ ...answer.body, instance: '' }), `attempt ${index}`).not.toContain(secret.slice(3, 20))
    }
  })

  it.each([
    ['{', 400, 'request_invalid'],
    ['', 400, 'request_invalid'],
    ['[]', 400, 'request_invalid'],
    ['"text"', 400, 'request_invalid'],
    ['{"__proto__":{"name":"x"},"name":"Acme","plan":"standard"}', 400, 'request_invalid'],
    [JSON.stringify({ name: 'x'.repeat(70_000), plan: 'standard' }), 413, 'body_too_large'],
  ])('refuses the body %.30s', async (raw, status, code) => {
    const answer = await control.call('PUT', '/api/v1/orgs/acme', { raw })
    expect(answer.body).toMatchObject({ status, code })
  })

  it('refuses other media types', async () => {
    const answer = await control.call('PUT', '/api/v1/orgs/acme', {
      raw: '<x/>',
      headers: { 'content-type': 'application/xml' },
    })
    expect(answer.body).toMatchObject({ status: 415, code: 'media_type_unsupported' })
  })

  it('tells a wrong method from a wrong address', async () => {
    const method = await control.call('PATCH', '/api/v1/orgs/acme')
    expect(method.body).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(method.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PUT'])
    expect(method.body.fix).not.toContain('HEAD')
    expect((await control.call('GET', '/api/v1/nothing')).body).toMatchObject({ status: 404, code: 'not_found' })
  })

  it('answers HEAD wherever it answers GET, without the body', async () => {
    for (const path of ['/api/v1/orgs/acme', '/api/v1/orgs/acme/settings', '/api/v1/openapi.json', '/api/v1/orgs']) {
      const [head, get] = [await control.call('HEAD', path), await control.call('GET', path)]
      expect([head.status, head.text], path).toEqual([200, ''])
      expect(head.headers.get('content-length'), path).toBe(String(Buffer.byteLength(get.text)))
    }
    expect((await control.call('HEAD', '/api/v1/orgs/nobody')).status).toBe(404)
    expect((await control.call('HEAD', '/api/v1/orgs', { token: '' })).status).toBe(401)
    expect((await control.call('HEAD', '/api/v1/tokens/x/y')).status).toBe(404)
    expect(Object.values(control.document.paths).filter((path) => 'head' in path)).toEqual([])
  })

  it.each(['QUERY', 'PROPFIND', 'M-SEARCH'])(
    'answers %s, which it has never heard of, like any wrong method',
    async (name) => {
      expect((await control.call(name, '/api/v1/orgs')).body).toMatchObject({ status: 405, code: 'method_not_allowed' })
      expect((await control.call(name, '/api/v1/nothing')).body).toMatchObject({ status: 404, code: 'not_found' })
    },
  )

  // U+0000 fits in no text of PostgreSQL, half of a surrogate pair in no UTF-8.
  it.each([
    ['PUT', '/api/v1/orgs/acme', { name: 'a\ud800', plan: 'standard' }, 'body.name'],
    ['POST', '/api/v1/orgs/acme/credits', { amount: 1, reason: 'x', idempotencyKey: 'a\0' }, 'body.idempotencyKey'],
    ['POST', '/api/v1/orgs/acme/credits', { amount: 1, reason: '\udfff', idempotencyKey: 'a' }, 'body.reason'],
    ['POST', '/api/v1/sessions', { org: 'acme', user: { id: 'u', name: '\ud83d', role: 'owner' } }, 'body.user.name'],
    ['POST', '/api/v1/orgs/acme/explain', { feature: 'chat', model: 'a\0b' }, 'body.model'],
    ['PUT', '/api/v1/orgs/acme/keys/openai', { key: secret, label: '\udc00' }, 'body.label'],
    ['PATCH', '/api/v1/orgs/acme/keys/openai', { owner: '\ud800' }, 'body.owner'],
    ['GET', '/api/v1/orgs/%00', undefined, 'params.org'],
    ['GET', '/api/v1/tokens/a%00', undefined, 'params.id'],
    ['GET', '/api/v1/deletions/a%00', undefined, 'params.deletion'],
    ['GET', '/api/v1/orgs?search=%00', undefined, 'query.search'],
    ['GET', '/api/v1/orgs/acme/requests?requestId=%00', undefined, 'query.requestId'],
    ['GET', '/api/v1/orgs/acme/audit?actor=%00', undefined, 'query.actor'],
    ['GET', '/api/v1/audit/search?action=%00', undefined, 'query.action'],
  ])('refuses text that cannot be kept: %s %s %j', async (method, path, body, field) => {
    const answer = await control.call(method, path, { body })
    expect(answer.body).toMatchObject({ status: 400, code: 'request_invalid', errors: [{ field }] })
  })

  it('keeps every character that a text can have', async () => {
    const name = 'Ĝis 漢字 😀 \u{10FFFF} \uFFFD'
    expect((await control.org('emoji', { name })).body.name).toBe(name)
    expect((await control.call('GET', '/api/v1/orgs/emoji')).body.name).toBe(name)
  })

  it.each(['usage', 'requests', 'audit'])('takes any range of years that can be written for %s', async (list) => {
    for (const range of [
      'from=0001-01-01&to=9999-12-31',
      'from=0000-01-01',
      'to=9999-12-31T23:59:59.999Z',
      'to=9999-12-31',
    ])
      expect((await control.call('GET', `/api/v1/orgs/acme/${list}?${range}`)).status, range).toBe(200)
    const before = await control.call('GET', `/api/v1/orgs/acme/${list}?to=0000-01-02`)
    expect(before.body).toMatchObject({ status: 400, code: 'request_invalid' })
  })

  it('refuses a cursor that it cannot have written', async () => {
    const written = (...position: unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url')
    const cursors: [string, string][] = [
      ['/api/v1/orgs', written('orgs', 'a\0')],
      ['/api/v1/orgs', written('tokens', 'a')],
      ['/api/v1/orgs', written('orgs', { toString: 1 })],
      ['/api/v1/orgs', written('orgs')],
      ['/api/v1/orgs', 'AAAA'],
      ['/api/v1/orgs/acme/requests', written('requests', Number.MAX_SAFE_INTEGER, 'x')],
      ['/api/v1/orgs/acme/requests', written('requests', -1, 'x')],
      ['/api/v1/requests', written('requests', 1e300, 'x')],
      ['/api/v1/audit/search', written('audit.search', 9e15, 'acme', 1)],
      ['/api/v1/orgs/acme/audit', written('audit', -5)],
    ]
    for (const [path, cursor] of cursors) {
      const answer = await control.call('GET', `${path}?cursor=${cursor}`)
      expect(answer.body, `${path} ${cursor}`).toMatchObject({ status: 400, errors: [{ field: 'query.cursor' }] })
    }
  })

  it.each(['/api/v1/orgs/%zz', '/api/v1/orgs/%', `/api/v1/orgs/${'x'.repeat(600)}`])(
    'answers a problem for the path %.30s',
    async (path) => {
      const { body, headers } = await control.call('GET', path)
      expect(body).toMatchObject({ status: 404, code: 'not_found', fix: expect.any(String) })
      expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff'])
    },
  )

  it('lets browsers in from the configured origins only', async () => {
    const from = (origin: string, method = 'GET') => control.call(method, '/api/v1/orgs', { headers: { origin } })
    const known = await from('https://app.acme.test')
    expect(known.headers.get('access-control-allow-origin')).toBe('https://app.acme.test')
    expect(known.headers.get('access-control-allow-credentials')).toBeNull()
    const preflight = await from('https://app.acme.test', 'OPTIONS')
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')
    for (const origin of ['https://evil.test', 'https://app.acme.test.evil.test', 'http://app.acme.test', 'null']) {
      expect((await from(origin)).headers.get('access-control-allow-origin'), origin).toBeNull()
    }
  })

  it('names the provider that was probably meant, and those that the plan has', async () => {
    const unknown = await control.call('PUT', '/api/v1/orgs/acme/keys/opena', { body: { key: secret } })
    expect(unknown.body).toMatchObject({ status: 404, code: 'provider_unknown', fix: 'Did you mean "openai"?' })
    const other = await control.call('PUT', '/api/v1/orgs/acme/keys/anthropic', { body: { key: secret } })
    expect(other.body).toMatchObject({ status: 403, code: 'provider_not_allowed' })
    expect(other.body.fix).toContain('openai')
  })

  it('lets names hold no control characters and no bidirectional tricks', async () => {
    for (const name of ['a\nb', 'a\u0000b', 'a\u202eb', '   ']) {
      expect(
        (await control.call('PUT', '/api/v1/orgs/acme', { body: { name, plan: 'standard' } })).status,
        JSON.stringify(name),
      ).toBe(400)
    }
  })

  it('tells nothing of a failure inside, and logs where it was', async () => {
    await control.database.query('alter table notices rename column org_id to org_gone')
    try {
      const answer = await control.call('GET', '/api/v1/orgs/acme/notices')
      expect(answer.body).toMatchObject({ status: 500, code: 'internal' })
      expect(answer.text).not.toContain('org_id')
      expect(control.logged.at(-1)).toMatchObject({ event: 'control_failed', route: '/api/v1/orgs/:org/notices' })
    } finally {
      await control.database.query('alter table notices rename column org_gone to org_id')
    }
  })
})
