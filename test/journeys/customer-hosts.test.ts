/** Threats 10 to 13: what a customer may give as the host of a key, through the control API and through requests. */
import type { LookupAddress } from 'node:dns'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { hostileHosts } from '../support/hostile-hosts.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json, redirect, script, signal, startUpstream, type Upstream, until } from '../support/upstream.ts'

/** What the names of customers' hosts resolve to, as a test says. */
const names = new Map<string, () => LookupAddress[]>()
const asked: string[] = []

let ownkey: RunningOwnkey
/** Stands for everything on the inside; nothing that is refused may reach it. */
let sink: Upstream
let port: string
const config = (gateway: object = {}) => ({
  providers: {
    openai: { platformKey: canaryPlatformKey, baseUrl: sink.origin },
    // Customers name the host of their own OpenAI-compatible server.
    own: { like: 'openai', title: 'Own server' },
  },
  features: { assistant: { title: 'Assistant' } },
  plans: {
    standard: { verify: 'format_only', fallback: { mode: 'never' } },
    testing: { verify: 'on_save', fallback: { mode: 'never' } },
    falling: { verify: 'format_only', fallback: { mode: 'always' } },
  },
  environments: ['production', 'staging'],
  gateway: { connectTimeoutSeconds: 1, ...gateway },
})
const connections = () => sink.journal.connections.length

beforeAll(async () => {
  sink = await startUpstream()
  sink.on(/./, json({ data: [] }))
  port = new URL(sink.origin).port
  ownkey = await startOwnkey({
    config: config(),
    lookup: (hostname, _options, callback) => {
      asked.push(hostname)
      const found = names.get(hostname)?.()
      if (found === undefined) callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), [])
      else callback(null, found)
    },
  })
  await ownkey.putOrg('hosts')
})
afterAll(async () => {
  await ownkey?.close()
  await sink?.close()
})
beforeEach(() => {
  asked.length = 0
})

/** In the provider's own form. */
const keyOf = (provider: string) => (provider === 'deepgram' ? 'd'.repeat(40) : canaryKeys.openai)
const put = (org: string, baseUrl: string, provider = 'openai') =>
  ownkey.api('PUT', `/orgs/${org}/keys/${provider}`, { key: canaryKeys.openai, baseUrl })
const call = async (org: string) =>
  rawCall(ownkey.url, nativeCalls.openai(await ownkey.token({ org, feature: 'assistant' })))

describe('a host that is none of a provider', () => {
  test('comes in at least sixty forms', () => {
    expect(new Set(hostileHosts).size).toBe(hostileHosts.length)
    expect(hostileHosts.length).toBeGreaterThanOrEqual(60)
  })

  test.each(hostileHosts)(
    '%j is refused when a key is saved, changed or tested, and nothing goes there',
    async (form) => {
      const before = connections()
      const baseUrl = form.replace(':P', `:${port}`)
      const { status, body } = await put('hosts', baseUrl)
      expect([status, body.code]).toEqual([400, 'host_not_allowed'])
      const tried = await ownkey.api('POST', '/orgs/hosts/keys/openai/test', { key: canaryKeys.openai, baseUrl })
      expect([tried.status, tried.body.code]).toEqual([400, 'host_not_allowed'])
      expect(connections()).toBe(before)
      expect(asked).toEqual([])
      const { body: settings } = await ownkey.api('GET', '/orgs/hosts/settings')
      expect(JSON.stringify(settings)).not.toContain(canaryKeys.openai.slice(-4))
    },
  )
})

describe('a name that resolves to the inside', () => {
  const inside: readonly (readonly [string, LookupAddress[]])[] = [
    ['to loopback', [{ address: '127.0.0.1', family: 4 }]],
    ['to the metadata address', [{ address: '169.254.169.254', family: 4 }]],
    ['to a mapped address', [{ address: '::ffff:127.0.0.1', family: 6 }]],
    [
      'to a public address and a private one',
      [
        { address: '1.1.1.1', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ],
    ],
    ['to nothing', []],
  ]
  test.each(inside)('%s is never connected to', async (what, addresses) => {
    const host = `${what.replaceAll(' ', '-')}.example.com`
    names.set(host, () => addresses)
    const org = `named-${host.split('.')[0]}`
    await ownkey.putOrg(org)
    expect((await put(org, `https://${host}:${port}`)).status).toBe(200)
    const before = connections()
    const answer = await call(org)
    expect([answer.status >= 400, answer.header('ownkey-error')]).toEqual([true, 'host_not_allowed'])
    expect(answer.text).not.toContain(canaryKeys.openai)
    // Once for a connection: what was checked is what would be connected to.
    expect(asked).toEqual([host])
    expect(connections()).toBe(before)
  })

  test('only later is refused later: every connection checks what it is about to connect to', async () => {
    // Unknown at first, so that nothing is dialled outside; then the inside.
    await ownkey.putOrg('flipping')
    expect((await put('flipping', `https://flips.example.com:${port}`)).status).toBe(200)
    const first = await call('flipping')
    expect(first.header('ownkey-error')).toBe('upstream_unreachable')
    names.set('flips.example.com', () => [{ address: '127.0.0.1', family: 4 }])
    const before = connections()
    const second = await call('flipping')
    expect(second.header('ownkey-error')).toBe('host_not_allowed')
    expect(connections()).toBe(before)
  })

  test('is asked for once for each connection, which goes to what was checked and to nothing that is told later', async () => {
    // A public address that nobody has, so that nothing is dialled; whoever asked again would be led inside.
    const answers: LookupAddress[] = [{ address: '2000::1', family: 6 }]
    names.set('rebinds.example.com', () => [answers.shift() ?? { address: '127.0.0.1', family: 4 }])
    await ownkey.putOrg('rebinding')
    expect((await put('rebinding', `https://rebinds.example.com:${port}`)).status).toBe(200)
    const before = connections()
    const answer = await call('rebinding')
    expect([answer.status >= 500, answers, asked]).toEqual([true, [], ['rebinds.example.com']])
    expect(connections()).toBe(before)
  })

  test('is refused by the test that saving makes, without a verdict on the key', async () => {
    names.set('inside.example.com', () => [{ address: '127.0.0.1', family: 4 }])
    await ownkey.putOrg('tested', { plan: 'testing' })
    const before = connections()
    const { status, body } = await put('tested', `https://inside.example.com:${port}`)
    expect([status, body.code]).toEqual([400, 'host_not_allowed'])
    expect(connections()).toBe(before)
  })
})

describe('a host that the operator allows', () => {
  beforeAll(async () => {
    expect(await ownkey.reload(config({ privateHosts: ['127.0.0.1'] }))).toBe(true)
  })
  afterAll(() => ownkey.reload(config()))

  const customer = async () => {
    const host = await startUpstream()
    return { host, seen: () => JSON.stringify(host.journal.requests.map(({ headers }) => headers)) }
  }

  test('serves, and only the hosts on the list', async () => {
    const { host, seen } = await customer()
    host.on(/./, json({ ok: true }))
    await ownkey.putOrg('allowed')
    expect((await put('allowed', host.origin)).status).toBe(200)
    expect((await call('allowed')).json()).toEqual({ ok: true })
    expect(seen()).toContain(canaryKeys.openai)
    expect((await put('allowed', `https://127.0.0.2:${port}`)).body.code).toBe('host_not_allowed')
    await host.close()
  })

  test.each([
    ['own', '/own/v1/chat/completions', '/v1/chat/completions', 'authorization', `Bearer ${canaryKeys.openai}`],
    [
      'azure-openai',
      '/azure-openai/openai/deployments/mine/chat/completions?api-version=2025-04-01-preview',
      '/openai/deployments/mine/chat/completions?api-version=2025-04-01-preview',
      'api-key',
      '0123456789abcdef0123456789abcdef',
    ],
  ])('gets the key of %s where it wants it, and a provider without a host needs one', async (provider, ...expected) => {
    const [path, target, header, value] = expected as [string, string, string, string]
    const { host } = await customer()
    host.on(/./, json({ ok: true }))
    const org = `hosted-${provider}`
    const key = value.replace('Bearer ', '')
    await ownkey.putOrg(org)
    const without = await ownkey.api('PUT', `/orgs/${org}/keys/${provider}`, { key })
    expect(without.status).toBe(400)
    await ownkey.putKey(org, provider, key, { baseUrl: host.origin })
    const token = await ownkey.token({ org, feature: 'assistant' })
    const answer = await rawCall(ownkey.url, {
      method: 'POST',
      path,
      headers: { [header]: header === 'api-key' ? token : `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"model":"mine","messages":[]}',
    })
    expect([answer.status, answer.json()]).toEqual([200, { ok: true }])
    const request = host.journal.requests.at(-1)
    expect([request?.target, request?.header(header)]).toEqual([target, value])
    await host.close()
  })

  test('gets nothing of the operator’s own way to the provider', async () => {
    const { host } = await customer()
    host.on(/./, json({ ok: true }))
    const inner = config({ privateHosts: ['127.0.0.1'] })
    inner.providers.openai.baseUrl = `${sink.origin}/inner/secret-path`
    expect(await ownkey.reload(inner)).toBe(true)
    try {
      await ownkey.putOrg('own-way')
      await put('own-way', `${host.origin}/mine`)
      expect((await call('own-way')).status).toBe(200)
      await ownkey.putOrg('operators-way')
      await ownkey.putKey('operators-way', 'openai', canaryKeys.openai)
      expect((await call('operators-way')).status).toBe(200)
      expect(host.journal.requests.map(({ path }) => path)).toEqual(['/mine/v1/chat/completions'])
      expect(sink.journal.requests.at(-1)?.path).toBe('/inner/secret-path/v1/chat/completions')
      await put('own-way', host.origin)
      expect((await call('own-way')).status).toBe(200)
      expect(host.journal.requests.at(-1)?.path).toBe('/v1/chat/completions')
    } finally {
      await ownkey.reload(config({ privateHosts: ['127.0.0.1'] }))
      await host.close()
    }
  })

  test.each([301, 302, 303, 307, 308] as const)('that redirects with %i is not followed', async (status) => {
    const { host } = await customer()
    host.on(/./, redirect(`${sink.origin}/stolen`, status))
    const org = `redirected-${status}`
    await ownkey.putOrg(org)
    await put(org, host.origin)
    const before = sink.journal.requests.length
    const answer = await call(org)
    expect([answer.status, answer.header('ownkey-error')]).toEqual([502, 'upstream_unreachable'])
    expect([host.journal.requests.length, sink.journal.requests.length]).toEqual([1, before])
    await host.close()
  })

  test('may be called by another path without the key being sent again', async () => {
    const { host } = await customer()
    host.on(/./, json({ ok: true }))
    await ownkey.putOrg('paths')
    await put('paths', `${host.origin}/mine`)
    for (const path of ['/other', '']) {
      const { status, body } = await ownkey.api('PATCH', '/orgs/paths/keys/openai', {
        baseUrl: `${host.origin}${path}`,
      })
      expect([status, body.baseUrl]).toEqual([200, `${host.origin}${path}`])
      expect((await call('paths')).status).toBe(200)
      expect(host.journal.requests.at(-1)?.path).toBe(`${path}/v1/chat/completions`)
    }
    await host.close()
  })

  test('never gets a key that was saved for another host', async () => {
    const [kept, other] = [await customer(), await customer()]
    kept.host.on(/./, json({ ok: true }))
    const keys: readonly (readonly [provider: string, choices: object, changes: readonly object[]])[] = [
      ['openai', {}, [{ baseUrl: other.host.origin }]],
      ['deepgram', {}, [{ region: 'eu' }, { baseUrl: other.host.origin }]],
      ['deepgram', { region: 'eu' }, [{ region: 'au' }, { region: null }, { baseUrl: other.host.origin }]],
      ['own', { baseUrl: `${kept.host.origin}/v1` }, [{ baseUrl: other.host.origin }]],
      ['openai', { baseUrl: kept.host.origin }, [{ baseUrl: other.host.origin }, { baseUrl: null }]],
    ]
    await ownkey.putOrg('moved')
    for (const [provider, choices, changes] of keys) {
      const path = `/orgs/moved/keys/${provider}`
      const { body: before } = await ownkey.api('PUT', path, { key: keyOf(provider), ...choices })
      for (const change of changes) {
        const tries: [string, string, object][] = [
          ['PATCH', path, change],
          ['PATCH', path, { ...change, owner: 'somebody', label: 'moved', environment: 'production' }],
          // A test of a saved key takes nothing back; it goes where the key is.
          ...(Object.values(change).includes(null)
            ? []
            : [['POST', `${path}/test`, change] as [string, string, object]]),
        ]
        for (const [method, where, asked] of tries) {
          const { status, body } = await ownkey.api(method, where, asked)
          expect([status, body.code], JSON.stringify([provider, choices, method, asked])).toEqual([409, 'key_required'])
        }
        // A key of another environment is another key, and none is there.
        const elsewhere = await ownkey.api('PATCH', path, { ...change, environment: 'staging' })
        expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'key_unknown'])
      }
      expect((await ownkey.api('PATCH', path, choices)).body).toEqual(before)
    }
    expect((await call('moved')).status).toBe(200)
    expect(kept.host.journal.requests.map((one) => one.header('authorization'))).toEqual([
      `Bearer ${canaryKeys.openai}`,
    ])
    expect(other.host.journal.connections).toHaveLength(0)
    await Promise.all([kept.host.close(), other.host.close()])
  })

  test.each(['http', 'https'])(
    'by %s gets nothing more once it is off the list, by requests or by tests',
    async (scheme) => {
      const { host } = await customer()
      host.on(/./, json({ ok: true }))
      const org = `off-${scheme}`
      await ownkey.putOrg(org)
      expect((await put(org, host.origin.replace('http', scheme))).status).toBe(200)
      expect(await ownkey.reload(config())).toBe(true)
      try {
        const from = host.journal.connections.length
        expect((await call(org)).header('ownkey-error')).toBe('host_not_allowed')
        const tested = await ownkey.api('POST', `/orgs/${org}/keys/openai/test`)
        expect([tested.status, tested.body.code]).toEqual([400, 'host_not_allowed'])
        expect(host.journal.connections.length).toBe(from)
      } finally {
        await ownkey.reload(config({ privateHosts: ['127.0.0.1'] }))
        await host.close()
      }
    },
  )

  test('by its name over http gets nothing more either, and is not even asked for', async () => {
    names.set('plain.example.com', () => [{ address: '2000::1', family: 6 }])
    expect(await ownkey.reload(config({ privateHosts: ['plain.example.com'] }))).toBe(true)
    await ownkey.putOrg('plain')
    expect((await put('plain', `http://plain.example.com:${port}`)).status).toBe(200)
    expect(await ownkey.reload(config())).toBe(true)
    try {
      expect((await call('plain')).header('ownkey-error')).toBe('host_not_allowed')
      expect(asked).toEqual([])
    } finally {
      await ownkey.reload(config({ privateHosts: ['127.0.0.1'] }))
    }
  })

  test('that a key has left gets nothing of the key that came after, however long a request had waited', async () => {
    const [left, next] = [await customer(), await customer()]
    const goOn = signal()
    left.host.on(/./, script(until(goOn.raised), json({ ok: true })))
    next.host.on(/./, json({ ok: true }))
    await ownkey.putOrg('leaving')
    await put('leaving', left.host.origin)
    // The first tries the key, and the others wait for what it learns of it.
    const first = call('leaving')
    await left.host.journal.request(0)
    const waiting = Array.from({ length: 20 }, () => call('leaving'))
    const replaced = { key: `${canaryKeys.openai}after`, baseUrl: next.host.origin }
    expect((await ownkey.api('PUT', '/orgs/leaving/keys/openai', replaced)).status).toBe(200)
    goOn.raise()
    const answers = await Promise.all([first, ...waiting])
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(left.seen()).not.toContain(replaced.key)
    expect(next.host.journal.requests.every((one) => one.header('authorization') === `Bearer ${replaced.key}`)).toBe(
      true,
    )
    await Promise.all([left.host.close(), next.host.close()])
  })

  test('never gets the platform’s key: what falls back goes to the platform’s host', async () => {
    const { host, seen } = await customer()
    host.on(/./, json({ error: { message: 'no', code: 'invalid_api_key' } }, { status: 401 }))
    await ownkey.putOrg('falls', { plan: 'falling' })
    await put('falls', host.origin)
    const answer = await call('falls')
    expect([answer.header('ownkey-fallback'), answer.header('ownkey-key-source')]).toEqual(['invalid_key', 'platform'])
    expect(seen()).not.toContain(canaryPlatformKey)
    expect(sink.journal.requests.at(-1)?.header('authorization')).toBe(`Bearer ${canaryPlatformKey}`)
    await host.close()
  })
})
