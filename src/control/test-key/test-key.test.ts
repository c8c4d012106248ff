import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noNames } from '../../../test/support/no-names.ts'
import { bytes, json, startUpstream, type Upstream } from '../../../test/support/upstream.ts'
import { defaultConfig } from '../../config/index.ts'
import type { Capability } from '../../contract/index.ts'
import { Secret } from '../../crypto/index.ts'
import { Gateway } from '../../gateway/index.ts'
import { catalogue, findProvider, type Provider } from '../../providers/index.ts'
import { createSendProbe } from '../../server/send-probe.ts'
import { type KeyTestInput, testKey } from './index.ts'

/** Only the gateway's way out is used: nothing here needs tenants, books or keys. */
function egress(firstByteTimeoutSeconds = 5): Gateway {
  const config = defaultConfig()
  return new Gateway({
    tenants: undefined as never,
    ledger: undefined as never,
    jobs: undefined as never,
    setup: () => ({ config: { ...config, gateway: { ...config.gateway, firstByteTimeoutSeconds } } }) as never,
    openKey: () => new Secret(''),
    passes: undefined as never,
    lookup: noNames,
    log: { error: () => {} },
  })
}

describe('testing a key', () => {
  let upstream: Upstream
  let gateway: Gateway
  const undo: (() => void)[] = []
  beforeAll(async () => {
    upstream = await startUpstream()
    gateway = egress()
  })
  afterAll(async () => {
    await gateway?.close()
    await upstream?.close()
  })
  beforeEach(() => {
    answer(/./, 200, { data: [] })
  })
  afterEach(() => {
    for (const one of undo.splice(0)) one()
  })

  const answer = (path: RegExp, status: number, body: unknown) => undo.push(upstream.on(path, json(body, { status })))
  const test = (
    more: {
      capabilities?: Capability[]
      taskModels?: KeyTestInput['taskModels']
      saved?: boolean
      origin?: string
      key?: string
      provider?: string
      monotonic?: () => number
      send?: ReturnType<typeof createSendProbe>
    } = {},
  ) =>
    testKey(
      {
        provider: findProvider(more.provider ?? 'openai') as Provider,
        secret: new Secret(more.key ?? `sk-proj-${'a'.repeat(60)}`),
        origin: more.origin ?? upstream.origin,
        basePath: '',
        customHost: false,
        others: catalogue,
        capabilities: more.capabilities ?? ['chat'],
        taskModels: more.taskModels,
        saved: more.saved ?? false,
      },
      {
        send: more.send ?? createSendProbe({ egress: gateway.egress }),
        monotonic: more.monotonic ?? (() => performance.now()),
      },
    )
  const failing = async (more?: Parameters<typeof test>[0]) => {
    const { status, checks, deniesAll } = await test(more)
    return { status, deniesAll, failed: checks.filter(({ ok }) => !ok).map(({ name }) => name) }
  }

  it('checks form, host, key, permission and speed, in the order of trying', async () => {
    const { status, checks, fix } = await test()
    expect(status).toBe('valid')
    expect(fix).toBeUndefined()
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['shape', true],
      ['reachable', true],
      ['authenticated', true],
      ['permitted', true],
      ['latency', true],
    ])
  })

  it('says that an answer was too slow, and that the key is valid all the same', async () => {
    let now = 0
    const { status, checks } = await test({ monotonic: () => (now += 3_001) })
    expect(status).toBe('valid')
    expect(checks.find(({ name }) => name === 'latency')).toMatchObject({ ok: false, code: 'slow' })
  })

  it('says of a key for another host that it serves nothing here, and neither valid nor invalid', async () => {
    answer(/./, 401, { error: { code: 'incorrect_hostname', message: 'Make your request to us.api.openai.com' } })
    const { status, deniesAll, reason, fix } = await test()
    expect([status, deniesAll]).toEqual(['permission', true])
    expect(reason).toContain('another region or host')
    expect(fix).toContain('region')
  })

  it('tries each model that the plan picks by the task', async () => {
    const from = upstream.journal.requests.length
    const { status } = await test({ capabilities: ['chat', 'embeddings'], taskModels: { chat: ['gpt-a', 'gpt-b'] } })
    expect(status).toBe('valid')
    const asked = upstream.journal.requests.slice(from).map(({ body }) => JSON.parse(body().toString() || '{}').model)
    expect(asked).toEqual(expect.arrayContaining(['gpt-a', 'gpt-b']))
    expect(asked.filter(Boolean)).toHaveLength(3)
  })

  it('stops at a key that the provider does not know', async () => {
    answer(/./, 401, { error: { code: 'invalid_api_key', message: 'Incorrect API key provided: sk-proj-aaaa' } })
    expect(await failing()).toEqual({ status: 'invalid', deniesAll: false, failed: ['authenticated'] })
  })

  it('says that it is a permission when the provider knows the key and refuses the work', async () => {
    answer(/chat|responses/, 401, {
      error: {
        message: 'You have insufficient permissions for this operation. Missing scopes: model.request.',
        type: 'invalid_request_error',
      },
    })
    expect(await failing()).toEqual({ status: 'permission', deniesAll: true, failed: ['permitted'] })
    expect(await failing({ capabilities: ['chat', 'text_to_speech'] })).toEqual({
      status: 'permission',
      deniesAll: false,
      failed: ['permitted'],
    })
  })

  it('is not valid where one of several tries failed on the way', async () => {
    answer(/chat|responses/, 400, {
      error: { message: 'Unsupported value', type: 'invalid_request_error', code: null },
    })
    answer(/embeddings/, 503, { error: { message: 'down' } })
    for (const capabilities of [['chat', 'embeddings'] as const, ['embeddings', 'chat'] as const])
      expect((await test({ capabilities: [...capabilities] })).status).toBe('network')
  })

  it('reads a provider that takes too long as network', async () => {
    const patient = egress(0.2)
    undo.push(upstream.on(/./, () => new Promise(() => {})))
    const send = createSendProbe({ egress: patient.egress })
    expect(await failing({ send })).toEqual({ status: 'network', deniesAll: false, failed: ['reachable'] })
    await patient.close()
  })

  it('does not hold a denied list of models against a key that may do the work', async () => {
    answer(/\/v1\/models/, 403, {
      error: { message: 'You have insufficient permissions for this operation. Missing scopes: api.model.read.' },
    })
    expect(await failing()).toMatchObject({ status: 'valid', failed: [] })
  })

  it.each([
    [
      429,
      { error: { code: 'insufficient_quota', type: 'insufficient_quota', message: 'You exceeded your current quota' } },
      'quota',
    ],
    [500, { error: { message: 'oops' } }, 'network'],
    [503, 'upstream down', 'network'],
  ])('reads %i %j as %s, never as invalid', async (status, body, expected) => {
    answer(/./, status, body)
    expect((await test()).status).toBe(expected)
  })

  it.each([404, 405, 400])('takes no %i without JSON for a sign that the key was seen', async (status) => {
    for (const page of ['<html><h1>Not Found</h1></html>', 'Cannot GET /v1/models', '']) {
      undo.push(upstream.on(/./, bytes(page, { status, headers: { 'content-type': 'text/html' } })))
      expect(await failing()).toMatchObject({ status: 'network', failed: ['reachable'] })
    }
  })

  it('asks nothing of a model where none is known', async () => {
    const from = upstream.journal.requests.length
    const { status, checks } = await test({ provider: 'bedrock' })
    expect(status).toBe('valid')
    expect(upstream.journal.requests.slice(from).map(({ path }) => path)).not.toContainEqual(
      expect.stringContaining('//'),
    )
    expect(checks.find(({ name }) => name === 'permitted')).toMatchObject({ code: 'nothing_against' })
  })

  it('reads a host that does not answer as network', async () => {
    const gone = await startUpstream()
    await gone.close()
    expect(await failing({ origin: gone.origin })).toEqual({
      status: 'network',
      deniesAll: false,
      failed: ['reachable'],
    })
  })

  it('does not follow a redirect with the key', async () => {
    const thief = await startUpstream()
    answer(/./, 302, {})
    undo.push(upstream.on(/./, (exchange) => json({}, { status: 302, headers: { location: thief.origin } })(exchange)))
    expect((await test()).status).toBe('network')
    expect(thief.journal.requests).toHaveLength(0)
    await thief.close()
  })

  it('warns of an unusual form only as long as the provider has not accepted it', async () => {
    expect((await test({ key: 'an-unusual-key-000000000' })).checks[0]).toMatchObject({ name: 'shape', ok: true })
    answer(/./, 401, { error: { code: 'invalid_api_key', message: 'no' } })
    expect((await test({ key: 'an-unusual-key-000000000' })).checks[0]).toMatchObject({ name: 'shape', ok: false })
  })

  it.each([
    ['sk-ant-api03-00000000000000000000', 'looks_like', { provider: 'Google Gemini', other: 'Anthropic (Claude)' }],
    ['key-0000000000000', 'wrong_prefix', { provider: 'Google Gemini', prefixes: '"AQ.", "AIza"' }],
    ['AIza-cut-off', 'wrong_shape', { provider: 'Google Gemini' }],
  ])('tells of a refused %s what it looks like', async (key, code, facts) => {
    answer(/./, 400, { error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } })
    const [shape] = (await test({ provider: 'gemini', key })).checks
    expect(shape).toMatchObject({ name: 'shape', ok: false, code, facts })
  })

  it('never repeats the key or the provider’s words', async () => {
    answer(/./, 401, {
      error: { code: 'invalid_api_key', message: `Incorrect API key provided: sk-proj-${'a'.repeat(60)}` },
    })
    expect(JSON.stringify(await test())).not.toContain('aaaa')
  })
})
