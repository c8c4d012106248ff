/**
 * Threat 19: what a token is made for. Every set of limits that a token can carry, against every set of headers that a request
 * can name, on every way into the gateway: what the token fixes holds, and nothing of another place is served.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { refusal } from '../support/socket-client.ts'
import { json, startUpstream, type Upstream } from '../support/upstream.ts'

const fields = ['org', 'user', 'feature', 'environment'] as const
type Field = (typeof fields)[number]
type Place = Partial<Record<Field, string>>

/** Both values of each field exist, so that only the token's limits can refuse one. */
const own: Required<Place> = { org: 'mine', user: 'ann', feature: 'chat', environment: 'production' }
const other: Required<Place> = { org: 'theirs', user: 'bob', feature: 'draw', environment: 'staging' }

let ownkey: RunningOwnkey
let upstream: Upstream
const tokens = new Map<string, string>()

/** A key of its own for each place, which the upstream sees. */
const keyOf = ({ org, user, environment }: Required<Place>) => `sk-${org}-${user}-${environment}-${'0'.repeat(24)}`
const nameOf = (place: Place) => Object.keys(place).join(' + ') || 'nothing'

function subsets(of: Required<Place>): Place[] {
  return Array.from({ length: 1 << fields.length }, (_, bits) =>
    Object.fromEntries(fields.filter((_field, index) => bits & (1 << index)).map((field) => [field, of[field]])),
  )
}

/** A user belongs to an organization, and only the platform's own token has none. */
const limits = subsets(own).filter(({ org }) => org !== undefined)

beforeAll(async () => {
  upstream = await startUpstream()
  upstream.on(/./, json({ choices: [], data: [] }))
  ownkey = await startOwnkey({
    config: {
      providers: { openai: { platformKey: canaryPlatformKey, baseUrl: upstream.origin } },
      features: { chat: { title: 'Chat' }, draw: { title: 'Draw' } },
      plans: { standard: { verify: 'format_only', holder: 'user', managers: ['owner', 'admin', 'member'] } },
      environments: ['production', 'staging'],
    },
  })
  for (const org of [own.org, other.org]) {
    await ownkey.putOrg(org)
    for (const user of [own.user, other.user])
      for (const environment of [own.environment, other.environment])
        await ownkey.putKey(org, 'openai', keyOf({ org, user, environment, feature: '' }), { user, environment })
  }
  for (const limit of limits) tokens.set(nameOf(limit), await ownkey.token(limit as object))
  tokens.set('service', await ownkey.token())
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

const headersOf = (asked: Place) =>
  Object.fromEntries(Object.entries(asked).map(([field, value]) => [`ownkey-${field}`, value]))

const ways: Readonly<Record<string, (headers: Record<string, string>) => ReturnType<typeof rawCall>>> = {
  native: (headers) => ask('/openai/v1/chat/completions', headers),
  'one dialect': (headers) => ask('/v1/chat/completions', headers),
}

function ask(path: string, headers: Record<string, string>) {
  const body = '{"model":"gpt-4.1-mini","messages":[]}'
  return rawCall(ownkey.url, {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

/** What comes of it, and with which key it reached the provider. */
async function outcome(way: string, { token, asked }: { token: string; asked: Place }) {
  const before = upstream.journal.requests.length
  const bearer = `Bearer ${tokens.get(token)}`
  const answer = await (ways[way] as (typeof ways)[string])({ authorization: bearer, ...headersOf(asked) })
  const [request, ...more] = upstream.journal.requests.slice(before)
  expect(more).toEqual([])
  return { status: answer.status, error: answer.header('ownkey-error'), key: request?.header('authorization') }
}

describe.each(Object.keys(ways))('on the way of %s', (way) => {
  test.each(limits.map((limit) => [nameOf(limit), limit] as const))(
    'a token for %s serves nothing else',
    async (token, limit) => {
      for (const asked of subsets(other)) {
        const told = await outcome(way, { token, asked })
        const breaks = fields.some((field) => limit[field] !== undefined && asked[field] !== undefined)
        const place = { environment: 'production', ...limit, ...asked }
        const said = `${nameOf(limit)}, asked for ${nameOf(asked)}`
        if (breaks) expect(told, said).toEqual({ status: 403, error: 'token_scope', key: undefined })
        else if (place.feature === undefined)
          expect(told, said).toEqual({ status: 400, error: 'feature_required', key: undefined })
        else {
          const key = place.user === undefined ? canaryPlatformKey : keyOf(place as Required<Place>)
          expect(told, said).toEqual({ status: 200, error: undefined, key: `Bearer ${key}` })
        }
      }
    },
  )

  test.each(limits.map((limit) => [nameOf(limit), limit] as const))(
    'a token for %s may be told the same again',
    async (token) => {
      const told = await outcome(way, { token, asked: own })
      expect(told).toEqual({ status: 200, error: undefined, key: `Bearer ${keyOf(own)}` })
    },
  )

  test('what a header names is held against all of what the token fixes, letter by letter', async () => {
    const token = nameOf(own)
    for (const field of fields) {
      const fixed = own[field]
      for (const named of [fixed.slice(0, -1), `${fixed}x`, fixed.toUpperCase(), `x${fixed}`])
        expect(await outcome(way, { token, asked: { [field]: named } }), named).toEqual({
          status: 403,
          error: 'token_scope',
          key: undefined,
        })
      // An empty one leaves what is fixed as it is.
      const told = await outcome(way, { token, asked: { [field]: '' } })
      expect(told).toEqual({ status: 200, error: undefined, key: `Bearer ${keyOf(own)}` })
    }
  })

  test('a service token is for what the request names, and for nothing without an organization', async () => {
    for (const asked of [...subsets(own), ...subsets(other)]) {
      const told = await outcome(way, { token: 'service', asked })
      if (asked.org === undefined) expect(told).toEqual({ status: 400, error: 'org_required', key: undefined })
      else if (asked.feature === undefined) expect(told.error).toBe('feature_required')
      else {
        const place = { environment: 'production', ...asked } as Required<Place>
        const key = asked.user === undefined ? canaryPlatformKey : keyOf(place)
        expect(told).toEqual({ status: 200, error: undefined, key: `Bearer ${key}` })
      }
    }
  })
})

test('a socket is held to the same limits before the provider is asked', async () => {
  const before = upstream.journal.requests.length
  for (const limit of limits)
    for (const asked of subsets(other)) {
      if (!fields.some((field) => limit[field] !== undefined && asked[field] !== undefined)) continue
      const token = tokens.get(nameOf(limit)) as string
      const headers = { ...headersOf(asked), authorization: `Bearer ${token}` }
      const answer = await refusal(ownkey.url, { path: '/openai/v1/realtime?model=gpt-realtime', headers })
      const said = `${nameOf(limit)}, asked for ${nameOf(asked)}`
      expect([answer.status, answer.headers['ownkey-error']], said).toEqual([403, 'token_scope'])
    }
  expect(upstream.journal.requests.length).toBe(before)
})

describe('a token is of one kind', () => {
  test('sessions, sign-in codes and the operator’s token call no provider', async () => {
    const before = upstream.journal.requests.length
    const { body } = await ownkey.api('POST', '/sessions', { org: 'mine', user: { id: 'ann', role: 'owner' } })
    for (const token of [body.token, new URL(body.url).searchParams.get('code'), ownkey.adminToken])
      for (const path of ['/openai/v1/chat/completions', '/v1/chat/completions']) {
        const answer = await ask(path, { authorization: `Bearer ${token}`, ...headersOf(own) })
        expect([answer.status, answer.header('ownkey-error')]).toEqual([401, 'token_invalid'])
      }
    expect(upstream.journal.requests.length).toBe(before)
  })

  test('gateway tokens open nothing of the control API', async () => {
    for (const token of tokens.values())
      for (const path of ['/orgs/mine/settings', '/orgs', '/tokens', '/orgs/mine/keys/openai'])
        expect((await ownkey.api('GET', path, undefined, token)).status, path).toBeOneOf([401, 405])
  })

  test('two different tokens in one request are refused wherever they stand', async () => {
    const [first, second] = [tokens.get('org'), tokens.get('service')]
    const before = upstream.journal.requests.length
    for (const [path, headers] of [
      ['/openai/v1/models', { authorization: `Bearer ${first}`, 'x-api-key': second }],
      [`/openai/v1/models?key=${second}`, { authorization: `Bearer ${first}` }],
      [`/openai/v1/models?key=${first}&api_key=${second}`, {}],
      ['/openai/v1/models', { 'x-goog-api-key': first, 'api-key': second }],
    ] as [string, Record<string, string>][]) {
      const answer = await rawCall(ownkey.url, { path, headers: { ...headers, ...headersOf(own) } })
      expect([answer.status, answer.header('ownkey-error')]).toEqual([400, 'request_invalid'])
    }
    expect(upstream.journal.requests.length).toBe(before)
  })
})

test('what a token may not do ends with it: expired, revoked, or of an organization that was deleted', async () => {
  await ownkey.putOrg('passing')
  const call = (token: string) =>
    ask('/openai/v1/chat/completions', { authorization: `Bearer ${token}`, ...headersOf({ feature: 'chat' }) })
  const short = await ownkey.token({ org: 'passing', expiresIn: 1 })
  const deleted = await ownkey.token({ org: 'passing' })
  expect([(await call(deleted)).status]).toEqual([200])
  await expect.poll(async () => (await call(short)).header('ownkey-error'), { timeout: 30_000 }).toBe('token_invalid')
  expect((await ownkey.api('DELETE', '/orgs/passing')).status).toBeLessThan(300)
  expect((await call(deleted)).status).toBeOneOf([401, 404])
  await ownkey.putOrg('passing')
  // An organization of the same name is another one, once the node has looked again.
  await expect.poll(async () => (await call(deleted)).header('ownkey-error'), { timeout: 30_000 }).toBe('token_invalid')
})
