/**
 * Every operation of the served document, called by whoever may not and with what nobody should send. Answers are held against
 * the document by `call` itself.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type CallOptions, type RunningControl, startControl } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'

const config = `
providers:
  openai: { baseUrl: UPSTREAM, platformKey: platform-key-of-hostile-calls-0000 }
features: { chat: { title: Chat } }
environments: [production, staging]
plans:
  standard:
    providers: { openai: optional }
    verify: format_only
    model: customer
    fallback: { mode: customer }
    scopes: { some: { title: Some, features: [chat] } }
`

/** A body that passes, with all that may stand in it. */
const bodies: Readonly<Record<string, Record<string, unknown>>> = {
  'sessions.create': { org: 'acme', user: { id: 'u', name: 'U', role: 'member' }, locale: 'en', expiresIn: 60 },
  'sessions.exchange': { code: 'nothing' },
  'orgs.put': { name: 'Acme', plan: 'standard', addOns: [], byokEnabled: true, locale: 'en' },
  'orgs.credits': { amount: 1, reason: 'a test', idempotencyKey: 'one' },
  'tokens.create': { kind: 'access', org: 'acme', user: 'u', feature: 'chat', environment: 'staging', expiresIn: 60 },
  'settings.active-provider': { provider: null },
  'keys.put': {
    key: 'sk-hostile-calls-00000000000000000000',
    model: 'gpt-4.1',
    scope: 'some',
    fallback: true,
    label: 'l',
    environment: 'staging',
    owner: 'team',
    rotateBy: '2040-01-01',
  },
  'keys.patch': { label: 'x', model: 'gpt-4.1', scope: 'some', fallback: true, owner: 'x', rotateBy: '2040-01-01' },
  'keys.test': { key: 'sk-hostile-calls-00000000000000000000' },
  'explain.post': { feature: 'chat', provider: 'openai', user: 'u', environment: 'staging', model: 'x' },
  'try-out.post': { feature: 'chat', prompt: 'Hello' },
}
/** What would end the test, or is done to all keys at once. */
const tooMuch = new Set(['orgs.delete', 'sessions.end', 'master-key.rotate'])
const forAnybody = new Set(['sessions.exchange'])

let control: RunningControl
beforeAll(async () => {
  control = await startControl({ config })
  control.upstream.on(/./, json({ data: [], choices: [] }))
  await control.org('acme')
})
afterAll(() => control?.close())

interface Operation {
  id: string
  method: string
  path: string
  query: readonly string[]
}

function operations(): Operation[] {
  return Object.entries(control.document.paths).flatMap(([path, all]) =>
    Object.entries(all).map(([method, { operationId: id, ...operation }]) => ({
      id,
      method: method.toUpperCase(),
      path,
      query: ((operation as { parameters?: { in: string; name: string }[] }).parameters ?? [])
        .filter((one) => one.in === 'query')
        .map(({ name }) => name),
    })),
  )
}

const ids: Readonly<Record<string, string>> = { org: 'acme', provider: 'openai' }
const placed = (path: string, given: Readonly<Record<string, string>> = {}) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? ids[name] ?? 'unknown')

describe('whoever may not call', () => {
  it('is refused by every operation alike, wherever the credential stands', async () => {
    const made = async (path: string, body: unknown) => (await control.call('POST', path, { body })).body
    const member = { org: 'acme', user: { id: 'u', role: 'owner' } }
    await control.org('gone')
    const [ended, old, orphan, gateway, service, good] = await Promise.all([
      made('/api/v1/sessions', member),
      made('/api/v1/sessions', { ...member, expiresIn: 1 }),
      made('/api/v1/sessions', { ...member, org: 'gone' }),
      made('/api/v1/tokens', { kind: 'access', org: 'acme', feature: 'chat' }),
      made('/api/v1/tokens', { kind: 'service' }),
      made('/api/v1/sessions', member),
    ])
    await control.call('DELETE', `/api/v1/sessions/${ended.id}`)
    await control.call('DELETE', '/api/v1/orgs/gone')
    const audit = async () => (await control.call('GET', '/api/v1/audit/search?limit=1')).body.items[0]
    const before = await audit()
    const elsewhere = (header: string, value: string) => ({ token: '', headers: { [header]: value } })
    const callers: Readonly<Record<string, CallOptions>> = {
      nobody: { token: '' },
      'an ended session': { token: ended.token },
      'an expired session': { token: old.token },
      'a session of a deleted organization': { token: orphan.token },
      'an access token': { token: gateway.token },
      'a service token': { token: service.token },
      'a sign-in code': { token: new URL(good.url).searchParams.get('code') as string },
      'two tokens in one': { token: `${good.token},${good.token}` },
      'the key header of an SDK': elsewhere('x-api-key', good.token),
      'another scheme': elsewhere('authorization', `Basic ${btoa(`u:${good.token}`)}`),
      'a cookie': elsewhere('cookie', `ownkey=${good.token}; token=${good.token}`),
      'the proxy’s header': elsewhere('proxy-authorization', `Bearer ${good.token}`),
    }
    control.time.offsetMs = 2_000
    for (const { id, method, path } of operations().filter((one) => !forAnybody.has(one.id)))
      for (const [who, options] of Object.entries(callers)) {
        const answer = await control.call(method, placed(path), { ...options, body: bodies[id] })
        expect([answer.status, answer.body?.code], `${who} on ${id}`).toEqual([
          401,
          expect.stringMatching(/^token_(missing|invalid)$/),
        ])
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      }
    expect(await audit()).toEqual(before)
    control.time.offsetMs = 0
  })
})

/** Calls as the operator, who may do all. What is refused is refused in words, what fails inside is a fault. */
async function send(
  method: string,
  path: string,
  { said, ...options }: CallOptions & { said: string },
): Promise<Answer> {
  const answer = await control.call(method, path, options)
  expect(answer.status, `${said}: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
  expect(answer.headers.get('cache-control'), said).toBe('no-store')
  if (answer.status >= 400 && method !== 'HEAD') {
    expect(answer.headers.get('content-type'), said).toMatch(/^application\/problem\+json/)
    expect(answer.body, said).toMatchObject({ code: expect.any(String), fix: expect.any(String) })
  }
  return answer
}

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 40)
const values: readonly unknown[] = [
  ...[null, true, -1, 1.5, 1e308, 2 ** 53, [], {}],
  ...['', ' ', 'a'.repeat(300), 'a'.repeat(60_000), 'a\0b', 'x\udfff', '__proto__', 'constructor'],
  ...['../..', '\n', '\u202e', '😀', 'null', '=1+1', '2027-13-45'],
]
const texts = ['', ' ', '[]', '1', 'null', '{', '{"__proto__":{"a":1}}', '{"a":1,"a":2}', '\ufeff{}', '['.repeat(5_000)]
const types = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/jsonx',
  'multipart/form-data; boundary=x',
]

describe('what nobody should send', () => {
  it('is no fault inside in any field of any body', async () => {
    for (const { id, method, path } of operations().filter((one) => bodies[one.id] && !tooMuch.has(one.id))) {
      const body = bodies[id] as Record<string, unknown>
      const user = body['user']
      const inUser = typeof user === 'object' && user !== null ? Object.keys(user) : []
      for (const value of values) {
        for (const name of [...Object.keys(body), 'unknown'])
          await send(method, placed(path), { body: { ...body, [name]: value }, said: `${id} ${name}=${show(value)}` })
        for (const name of inUser) {
          const said = `${id} user.${name}=${show(value)}`
          await send(method, placed(path), { body: { ...body, user: { ...(user as object), [name]: value } }, said })
        }
      }
      for (const raw of [...texts, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])])
        await send(method, placed(path), { raw, said: `${id} body ${String(raw).slice(0, 20)}` })
      for (const type of types) {
        const options = { raw: JSON.stringify(body), headers: { 'content-type': type }, said: `${id} as ${type}` }
        expect((await send(method, placed(path), options)).status, options.said).toBe(415)
      }
    }
    expect(control.logged).toEqual([])
  })

  it('is no fault inside in any query', async () => {
    const odd = [
      '',
      '%00',
      '%ff',
      '%ED%A0%80',
      'x&{}=y',
      '-1',
      '1e9',
      '9'.repeat(30),
      '2026-13-01',
      'a'.repeat(5_000),
      '%',
    ]
    for (const { id, method, path, query } of operations().filter(
      (one) => one.method !== 'DELETE' && !tooMuch.has(one.id),
    ))
      for (const name of [...query, 'unknown', '__proto__', 'token'])
        for (const value of odd) {
          const said = `${id} ?${name}=${value.slice(0, 20)}`
          const asked = `${placed(path)}?${name}=${value.replace('{}', name)}`
          const { status } = await send(method, asked, { body: bodies[id], said })
          if (!query.includes(name)) expect(status, said).toBe(400)
        }
    expect(control.logged).toEqual([])
  })

  it('is no fault inside in any part of a path', async () => {
    const odd = [
      '..%2f',
      '%2F',
      'a%2Fb',
      '%00',
      '%252e%252e',
      '%ff',
      '%ED%A0%80',
      'a'.repeat(600),
      '%20',
      '__proto__',
      '%zz',
      '%0d%0a',
      '😀',
    ]
    for (const { id, method, path } of operations().filter((one) => one.method !== 'DELETE' && one.id !== 'orgs.put'))
      for (const [, name] of path.matchAll(/\{(\w+)\}/g))
        for (const value of odd) {
          const said = `${id} {${name}}=${value.slice(0, 20)}`
          const { status } = await send(method, placed(path, { [name as string]: value }), { body: bodies[id], said })
          expect([400, 404], said).toContain(status)
        }
    expect(control.logged).toEqual([])
  })

  it('is answered with the methods that there are, where the method is another', async () => {
    for (const [path, known] of Object.entries(control.document.paths))
      for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'PROPFIND']) {
        // The id of a session, to the router.
        if (method.toLowerCase() in known || path.endsWith('/sessions/exchange')) continue
        const { status, headers } = await send(method, placed(path), { said: `${method} ${path}` })
        const allowed = headers
          .get('allow')
          ?.split(', ')
          .filter((one) => one !== 'HEAD')
        expect([status, allowed?.sort()], `${method} ${path}`).toEqual([
          405,
          Object.keys(known)
            .map((one) => one.toUpperCase())
            .sort(),
        ])
      }
  })
})
