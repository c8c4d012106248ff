/**
 * Promise P8: with fallback off, or where a plan requires own keys, nothing of a request reaches the platform's account,
 * whatever fails. Every plan of the five profiles, and plans that are made up, against every class of failure, openings of
 * streams and the network, through the real server. The platform's upstream must have seen nothing at the end.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorClasses } from '../src/contract/index.ts'
import { type FiveProvider, fiveProviders, startJourney } from '../test/support/journey.ts'
import { type ProfileOrg, platformKey, type RunningProfile, startProfile } from '../test/support/profile.ts'
import { nativeCalls } from '../test/support/provider-calls.ts'
import { type RawRequest, rawCall } from '../test/support/raw-call.ts'
import { recordedErrors, replay } from '../test/support/recorded-errors.ts'
import { type Answer, bytes, cut, head, json, reset, script, sse, wire, write } from '../test/support/upstream.ts'

const refused = (status: number) => json({ error: { message: 'No.', status, code: status } }, { status })
const statuses = [301, 302, 307, 400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 529]
const events = { 'content-type': 'text/event-stream' }

/** What goes wrong on the way and in the first bytes, for every provider alike. */
const failures: readonly (readonly [string, Answer])[] = [
  ...statuses.map((status) => [`status ${status}`, refused(status)] as const),
  ['a page of a proxy', bytes('<html>Bad gateway</html>', { status: 502, headers: { 'content-type': 'text/html' } })],
  ['a reset', script(reset)],
  ['an end before the head', script(cut)],
  ['an end behind the head', script(head(200, { 'content-type': 'application/json' }), cut)],
  ['an end in a stream', script(head(200, events), write('data: {"choices'), cut)],
  ['no HTTP at all', script(wire('SSH-2.0-OpenSSH_9.6\r\n'), cut)],
  ['gzip that cannot be unpacked', bytes('{}', { encoding: 'broken_gzip' })],
  [
    'a stream that opens with an error',
    sse([{ event: 'error', data: { error: { code: 'invalid_api_key', message: 'No.' } } }]),
  ],
  [
    'a stream that opens with Anthropic’s error',
    sse([{ event: 'error', data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } }]),
  ],
  [
    'a stream that opens with Google’s error',
    sse([{ data: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'No.' } } }]),
  ],
]

const recordedOf = (provider: FiveProvider): (readonly [string, Answer])[] =>
  recordedErrors
    .filter((one) => one.provider === provider && one.transport === undefined)
    .map((one) => [`${one.class}: ${one.case}`, replay(one)] as const)

/** The ordinary call of a provider, and the same for a stream. */
function callsOf(provider: FiveProvider, token: string): RawRequest[] {
  const plain = nativeCalls[provider](token)
  if (provider === 'elevenlabs') return [plain, { ...plain, path: `${plain.path}/stream` }]
  if (provider === 'gemini')
    return [plain, { ...plain, path: plain.path.replace(':generateContent', ':streamGenerateContent?alt=sse') }]
  return [plain, { ...plain, body: JSON.stringify({ ...JSON.parse(plain.body as string), stream: true }) }]
}

const oneDialect = (token: string): RawRequest => ({
  method: 'POST',
  path: '/v1/chat/completions',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], stream: true }),
})

/** How a profile's plan is used so that the platform may not step in. */
interface Strict {
  profile: string
  plan: string
  org?: object
  key?: object
  set?: Readonly<Record<string, unknown>>
  user?: string
  /** Provider, under the name that it has in the profile, and a feature that it serves. */
  serves: readonly (readonly [name: string, provider: FiveProvider, feature: string])[]
}

const chats = (feature: string) =>
  (['openai', 'anthropic', 'gemini'] as const).map((provider) => [provider, provider, feature] as const)
const koji = ['free', 'insights', 'interviews', 'enterprise']

const stricts: readonly Strict[] = [
  { profile: 'support-inbox', plan: 'standard', key: { fallback: false }, serves: [['gemini', 'gemini', 'chatbot']] },
  {
    profile: 'content-platform',
    plan: 'standard',
    set: { 'plans.standard.fallback': { mode: 'never' } },
    serves: [
      ['OPENAI', 'openai', 'summarization'],
      ['CLAUDE', 'anthropic', 'optimization'],
      ['GEMINI', 'gemini', 'content_generation'],
    ],
  },
  {
    profile: 'voice-research',
    plan: 'standard',
    org: { byokEnabled: true },
    serves: [
      ['openai', 'openai', 'interview'],
      ['sarvam', 'sarvam', 'text_to_speech'],
    ],
  },
  ...koji.map((plan) => ({
    profile: 'customer-research',
    plan,
    org: { byokEnabled: true },
    user: 'ann',
    serves: [
      ['google_gemini', 'gemini', 'analysis'],
      ['elevenlabs', 'elevenlabs', 'interview_audio'],
    ] as const,
  })),
  { profile: 'agent-builder', plan: 'hosted', serves: chats('chat') },
  {
    profile: 'agent-builder',
    plan: 'byok_only',
    serves: [...chats('chat'), ['gemini', 'gemini', 'image_description']],
  },
]

describe.each(stricts)('nothing reaches the platform on $plan of $profile', (strict) => {
  let profile: RunningProfile
  beforeAll(async () => {
    profile = await startProfile(strict.profile, {
      database: 'embedded',
      set: { ...saveUntested(strict), ...strict.set },
    })
  })
  afterAll(() => profile?.close())

  /** What happens when a key is saved is another story. */
  const saveUntested = ({ plan }: Strict) => ({ [`plans.${plan}.verify`]: 'format_only' })
  const newOrg = async () => {
    const org = await profile.newOrg({ plan: strict.plan, ...strict.org })
    await org.api('POST', '/credits', { amount: 1000, reason: 'test', idempotencyKey: 'first' })
    return org
  }
  const save = async (org: ProfileOrg, name: string) => {
    if (strict.user === undefined) return org.putKey(name, { ...strict.key })
    const key = profile.newKey(name.includes('gemini') ? 'gemini' : 'elevenlabs')
    const session = await org.member('owner', strict.user)
    const saved = await org.api('PUT', `/keys/${name}`, { key, ...strict.key }, session)
    if (saved.status !== 200) throw new Error(JSON.stringify(saved.body))
    return key
  }
  const wish = strict.user === undefined ? {} : { user: strict.user }

  test.each(strict.serves)(
    '%s',
    async (name, provider, feature) => {
      const classes = new Set<string>()
      let reached = 0
      for (const [what, answer] of [...failures, ...recordedOf(provider)]) {
        // A key of which nothing is known yet, so that none rests.
        const org = await newOrg()
        const key = await save(org, name)
        profile.answer(key, answer)
        const token = await org.token(feature, wish)
        const calls = callsOf(provider, token)
        if (provider !== 'elevenlabs' && provider !== 'sarvam') calls.push(oneDialect(token))
        for (const call of calls) {
          const told = await profile.send(call).catch(() => undefined)
          expect(told?.header('ownkey-key-source'), what).not.toBe('platform')
          expect(told?.header('ownkey-fallback'), what).toBeUndefined()
          classes.add(told?.header('ownkey-error') ?? '')
        }
        reached += profile.seen(key).length
        expect(profile.seen(platformKey), what).toHaveLength(0)
      }
      expect(reached).toBeGreaterThan(failures.length)
      for (const each of [
        'invalid_key',
        'permission_denied',
        'rate_limited',
        'provider_error',
        'upstream_unreachable',
      ] as const)
        expect([...classes], each).toContain(each)
    },
    120_000,
  )

  test('a key that is disabled', async () => {
    for (const [name, provider, feature] of strict.serves) {
      const org = await newOrg()
      await save(org, name)
      const session = strict.user === undefined ? undefined : await org.member('owner', strict.user)
      expect((await org.api('POST', `/keys/${name}/disable`, undefined, session)).status).toBe(200)
      for (const call of callsOf(provider, await org.token(feature, wish)))
        expect((await profile.send(call)).status).toBe(403)
    }
    expect(profile.seen(platformKey)).toHaveLength(0)
  })
})

test('plans that require own keys send nothing on the platform’s where there is none', async () => {
  const profile = await startProfile('agent-builder', { database: 'embedded' })
  const org = await profile.newOrg({ plan: 'byok_only' })
  const token = await org.token('chat')
  for (const provider of ['openai', 'anthropic', 'gemini'] as const)
    for (const call of callsOf(provider, token)) {
      const told = await profile.send(call)
      expect([told.status, told.header('ownkey-error')]).toEqual([403, 'missing_key'])
    }
  expect((await profile.send(oneDialect(token))).header('ownkey-error')).toBe('missing_key')
  // The region decides before any key does.
  const eu = await profile.newOrg({ plan: 'hosted_eu' })
  for (const call of callsOf('openai', await eu.token('chat'))) expect((await profile.send(call)).status).toBe(403)
  expect(profile.upstream.journal.requests).toHaveLength(0)
  await profile.close()
})

/** Plans by chance in which the platform may not step in: fallback is off in one of five ways, everything else is open. */
const strictPlan = fc
  .record({
    off: fc.constantFrom('never', 'toggle', 'default', 'required', 'nothing_falls_back'),
    when: fc.subarray([...errorClasses], { minLength: 1 }),
    choice: fc.constantFrom('per_provider', 'single'),
    model: fc.constantFrom('customer', 'feature'),
    holder: fc.constantFrom('organization', 'user'),
    byok: fc.constantFrom('always', 'by_operator'),
    monthlyCredits: fc.constantFrom(0, 1000),
    quota: fc.option(fc.record({ limit: fc.integer({ min: 1, max: 9 }), ownKeyExempt: fc.boolean() }), {
      nil: undefined,
    }),
    provider: fc.option(fc.constantFrom(...fiveProviders), { nil: undefined }),
  })
  .map(({ off, when, quota, provider, ...more }) => ({
    off,
    more,
    plan: {
      verify: 'format_only',
      ...more,
      providers: { '*': off === 'required' ? 'required' : 'optional' },
      credits: { ownKey: 0, platformKey: 0 },
      ...(quota && { quotas: { asked: quota } }),
      fallback: {
        mode: off === 'never' ? 'never' : off === 'required' ? 'always' : 'customer',
        default: off === 'toggle',
        when,
        ...(provider && off !== 'never' && { provider }),
      },
    },
  }))

test('plans that are made up', async () => {
  const made = fc.sample(strictPlan, { numRuns: 60, seed: 8 }).map((one, index) => ({ ...one, id: `p${index}` }))
  const journey = await startJourney({
    more: {
      features: { assistant: { title: 'Assistant', capability: 'chat', meter: 'asked' } },
      plans: Object.fromEntries(made.map(({ id, plan }) => [id, plan])),
    },
  })
  const { ownkey, upstream } = journey
  const answers = [...failures]
  let current: Answer = answers[0]?.[1] as Answer
  upstream.on(/./, (exchange) => current(exchange))
  let reached = 0
  for (const [index, { id, off, more }] of made.entries()) {
    for (const [at, provider] of (['openai', 'anthropic', 'gemini'] as const).entries()) {
      const org = `${id}-${provider}`.toLowerCase()
      await ownkey.putOrg(org, { plan: id, byokEnabled: true })
      const user = more.holder === 'user' ? { user: 'ann' } : {}
      const session = await ownkey.api('POST', '/sessions', { org, user: { id: 'ann', role: 'owner' } })
      const wish = off === 'toggle' || off === 'nothing_falls_back' ? { fallback: false } : {}
      const key =
        `${{ openai: 'sk-proj-', anthropic: 'sk-ant-api03-', gemini: 'AIzaSy' }[provider]}${'Own0'.repeat(8)}${String(index * 3 + at).padStart(3, '0')}`.slice(
          0,
          80,
        )
      const saved = await ownkey.api('PUT', `/orgs/${org}/keys/${provider}`, { key, ...wish }, session.body.token)
      expect([id, saved.status, JSON.stringify(saved.body).slice(0, 300)]).toEqual([id, 200, expect.any(String)])
      const token = await ownkey.token({ org, feature: 'assistant', ...user })
      for (const turn of [0, 1]) {
        const [what, answer] = answers[(index * 6 + at * 2 + turn) % answers.length] as (typeof answers)[number]
        current = answer
        const before = upstream.journal.requests.length
        for (const call of [...callsOf(provider, token), oneDialect(token)]) {
          const told = await rawCall(ownkey.url, call).catch(() => undefined)
          expect(told?.header('ownkey-key-source'), `${id} ${off} ${what}`).not.toBe('platform')
        }
        reached += upstream.journal.requests.length - before
      }
    }
  }
  const onPlatform = upstream.journal.requests.filter(
    ({ headers, target }) => headers.some(([, value]) => value.includes(platformKey)) || target.includes(platformKey),
  )
  expect(onPlatform).toHaveLength(0)
  expect(reached).toBeGreaterThan(made.length * 3)
  await journey.close()
}, 180_000)
