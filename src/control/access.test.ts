import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'
import { randomBase62, toBase62 } from '../lib/index.ts'
import { access } from './http/access.ts'
import { routes } from './routes/index.ts'

const config = `
providers:
  openai: { baseUrl: UPSTREAM }
features:
  chat: { title: Chat, capability: chat }
plans:
  standard: { providers: { openai: optional }, managers: [owner, admin] }
  strict: { providers: { openai: optional }, managers: [owner] }
`

/** A body that would pass, so that what is refused is the caller and nothing else. */
const bodies: Readonly<Record<string, unknown>> = {
  'sessions.create': { org: 'acme', user: { id: 'u', role: 'member' } },
  'sessions.exchange': { code: 'nothing' },
  'orgs.put': { name: 'Acme', plan: 'standard' },
  'orgs.credits': { amount: 1, reason: 'a test', idempotencyKey: 'matrix' },
  'tokens.create': { kind: 'service' },
  'keys.put': { key: 'sk-matrix-000000000000000000000000' },
  'keys.patch': { label: 'x' },
  'keys.test': { key: 'sk-matrix-000000000000000000000000' },
  'explain.post': { feature: 'chat' },
  'try-out.post': { feature: 'chat' },
  'settings.active-provider': { provider: null },
}

describe('who may call what', () => {
  let control: RunningControl
  const tokens: Record<string, string> = {}

  beforeAll(async () => {
    control = await startControl({ config })
    control.upstream.on('/v1/models', json({ data: [] }))
    control.upstream.on('/v1/chat/completions', json({ choices: [] }))
    for (const org of ['acme', 'other']) await control.org(org)
    for (const role of ['owner', 'admin', 'member'] as const) tokens[role] = await control.member('acme', role)
    tokens['stranger'] = await control.member('other', 'owner')
  })
  afterAll(() => control?.close())

  const callAs = (name: string, token: string, org = 'acme') => {
    const route = routes.find((one) => one.name === name)
    const path = (route?.path ?? '').replace(':org', org).replace(':provider', 'openai').replace(':id', 'ses_unknown')
    return control.call(route?.method ?? 'GET', path, { token, body: bodies[name] })
  }
  const refusals = new Set(['token_missing', 'token_invalid', 'operator_required', 'role_required', 'org_unknown'])
  const refusal = async (answer: ReturnType<typeof callAs>) => {
    const { body } = await answer
    return refusals.has(body?.code) ? body.code : 'passed'
  }

  it('has a row for every route, and a route for every row', () => {
    const names = [...routes.map(({ name }) => name), 'openapi.get'].sort()
    expect(Object.keys(access).sort()).toEqual(names)
  })

  it('gives members what they may read, managers what changes their organization, and the operator the rest', () => {
    const open = ['sessions.exchange', 'sessions.current', 'sessions.end']
    for (const { name, method, path } of routes.filter((route) => !open.includes(route.name))) {
      const ofMembers = /^\/api\/v1\/orgs\/:org\/(?!(credits|export)$)/.test(path)
      const reads = (method === 'GET' && !path.endsWith('/audit')) || path.endsWith('/explain')
      expect(access[name], name).toBe(!ofMembers ? 'operator' : reads ? 'member' : 'manager')
    }
  })

  const passes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    anyone: { nobody: 'passed', member: 'passed', admin: 'passed', owner: 'passed', stranger: 'passed' },
    signed_in: { nobody: 'token_missing', member: 'passed', admin: 'passed', owner: 'passed', stranger: 'passed' },
    operator: {
      nobody: 'token_missing',
      member: 'operator_required',
      admin: 'operator_required',
      owner: 'operator_required',
      stranger: 'operator_required',
    },
    member: { nobody: 'token_missing', member: 'passed', admin: 'passed', owner: 'passed', stranger: 'org_unknown' },
    manager: {
      nobody: 'token_missing',
      member: 'role_required',
      admin: 'passed',
      owner: 'passed',
      stranger: 'org_unknown',
    },
  }

  for (const { name, method, path } of routes) {
    // Ending one's own session would end the matrix; it has a test of its own.
    if (name === 'sessions.end') continue
    it(`${method} ${path} is for ${access[name]}`, async () => {
      for (const [who, expected] of Object.entries(passes[access[name] as string] ?? {})) {
        expect(await refusal(callAs(name, tokens[who] ?? '')), `${who} on ${name}`).toBe(expected)
      }
      // What the operator would destroy is tried elsewhere.
      if (method !== 'DELETE')
        expect(await refusal(callAs(name, undefined as never)), `operator on ${name}`).toBe('passed')
    })
  }

  it('gives the same 404 for another organization as for one that does not exist', async () => {
    const orgRoutes = routes.filter(({ name }) => access[name] === 'member' || access[name] === 'manager')
    for (const { name } of orgRoutes) {
      const [foreign, unknown] = await Promise.all([
        callAs(name, tokens['owner'] as string, 'other'),
        callAs(name, tokens['owner'] as string, 'nobody'),
      ])
      const plain = ({ instance: _, ...problem }: Record<string, unknown>) => problem
      expect(foreign.status, name).toBe(404)
      expect(plain(foreign.body), name).toEqual(plain(unknown.body))
    }
  })

  it('lets only the roles that the plan names manage, and says who they are', async () => {
    await control.org('strict-co', { plan: 'strict' })
    const admin = await control.member('strict-co', 'admin')
    const answer = await control.call('DELETE', '/api/v1/orgs/strict-co/keys/openai', { token: admin })
    expect(answer.body).toMatchObject({ status: 403, code: 'role_required', facts: { managers: ['owner'] } })
    expect(answer.body.detail).toContain('only owner')
  })

  it('takes neither a gateway token nor a made-up one for a session', async () => {
    const { body } = await control.call('POST', '/api/v1/tokens', { body: { kind: 'service' } })
    const madeUp = 'no token of the control API, whose session tokens begin with oks_'
    const told = [
      [body.token, 'This is a gateway token'],
      [`oks_${'a'.repeat(49)}`, 'The session has ended'],
      ['operator-token-of-the-control-suites-000002', madeUp],
      ['x', madeUp],
    ]
    for (const [token, detail] of told) {
      const answer = await control.call('GET', '/api/v1/orgs', { token })
      expect(answer.status).toBe(401)
      expect(answer.body.code).toBe('token_invalid')
      expect(answer.body.detail).toContain(detail)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  it('takes no token that was made up from a good one, nor any that tells its own rights', async () => {
    const good = tokens['owner'] as string
    const sealed = (body: string) => body + toBase62(crc32(body), 6)
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = part({ sub: 'operator', role: 'operator', org: 'acme', aud: 'ownkey', exp: 9_999_999_999 })
    const signature = Buffer.alloc(32, 7).toString('base64url')
    const forged = [
      // The same first 20 characters, with a checksum that is right.
      ...Array.from({ length: 50 }, () => sealed(good.slice(0, 20) + randomBase62(27))),
      sealed(`okt_${good.slice(4, -6)}`),
      sealed(`okc_${good.slice(4, -6)}`),
      good.slice(0, -1),
      `${good}0`,
      good.toUpperCase(),
      `${good} ${good}`,
      `${good},`,
      ...['none', 'None', 'HS256', 'RS256', ''].flatMap((alg) => [
        `${part({ alg, typ: 'JWT' })}.${claims}.`,
        `${part({ alg, typ: 'JWT' })}.${claims}.${signature}`,
      ]),
    ]
    expect((await control.call('GET', '/api/v1/orgs/acme/settings', { token: good })).status).toBe(200)
    for (const token of forged)
      for (const path of ['/api/v1/orgs/acme/settings', '/api/v1/orgs'])
        expect((await control.call('GET', path, { token })).body, token).toMatchObject({
          status: 401,
          code: 'token_invalid',
        })
  })

  it('does not read a body that the caller may not send', async () => {
    const answer = await control.call('PUT', '/api/v1/orgs/acme/keys/openai', {
      token: tokens['member'],
      raw: '{broken',
    })
    expect(answer.body.code).toBe('role_required')
  })

  it('refuses fields that would raise rights or name another owner', async () => {
    const key = 'sk-mass-assignment-0000000000000000'
    for (const field of [
      'status',
      'createdBy',
      'org',
      'holder',
      'version',
      'state',
      'last4',
      'hint',
      'origin',
      'customHost',
    ]) {
      const answer = await control.call('PUT', '/api/v1/orgs/acme/keys/openai', {
        token: tokens['owner'],
        body: { key, [field]: 'x' },
      })
      expect(answer.body, field).toMatchObject({ status: 400, code: 'request_invalid' })
    }
    const escalated = await control.call('POST', '/api/v1/sessions', {
      body: { org: 'acme', user: { id: 'u', role: 'operator' } },
    })
    expect(escalated.status).toBe(400)
    const user = await control.call('GET', '/api/v1/orgs/acme/settings?user=somebody-else', { token: tokens['owner'] })
    expect(user.body.code).toBe('role_required')
  })
})

it('takes an operator’s token of any length that the server starts with', async () => {
  const adminToken = 'long-operator-token-'.repeat(40)
  const control = await startControl({ config, adminToken })
  expect((await control.call('GET', '/api/v1/orgs', { token: adminToken })).status).toBe(200)
  expect((await control.call('GET', '/api/v1/orgs', { token: `${adminToken}x` })).body.code).toBe('token_invalid')
  await control.close()
})
