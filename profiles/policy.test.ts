import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../src/config/index.ts'
import type { Decision, DecisionRequest, KeyFacts, Policy, TenantFacts } from '../src/policy/index.ts'
import { compilePolicy, decide, publicProviderId, resolveProvider } from '../src/policy/index.ts'
import { catalogue } from '../src/providers/index.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const env = Object.fromEntries(
  ['GEMINI', 'OPENAI', 'ANTHROPIC', 'SARVAM', 'ELEVENLABS'].map((name) => [`${name}_API_KEY`, `${name}-platform-key`]),
)
const load = (name: string) => loadConfig({ file: `${folder}${name}.yaml`, env, catalogue })
const policyOf = (name: string): Policy => compilePolicy(load(name).config, catalogue)

function key(provider: string, facts: Partial<KeyFacts> = {}): KeyFacts {
  const { origin } = catalogue.find(({ id }) => id === provider) ?? {}
  return {
    id: `key-${provider}`,
    version: 1,
    holder: 'organization',
    user: '',
    provider,
    environment: 'production',
    state: 'active',
    scope: 'all',
    origin: origin ?? 'https://models.customer.example',
    customHost: origin === undefined,
    ...facts,
  }
}

function tenant(facts: Partial<TenantFacts> = {}): TenantFacts {
  return { org: 'acme', plan: 'standard', addOns: [], keys: [], balance: 0, quotaUsed: {}, ...facts }
}

const ask = (policy: Policy, request: Partial<DecisionRequest>, facts: Partial<TenantFacts> = {}): Decision =>
  decide({ environment: 'production', ...request }, tenant(facts), policy)

/** `organization:gemini/gemini-2.5-flash`, in order; or the refusal's code. */
const told = ({ attempts, refusal }: Decision): string[] =>
  refusal
    ? [refusal.code]
    : attempts.map(({ source, provider, model }) => `${source}:${provider}${model === undefined ? '' : `/${model}`}`)

describe('every profile', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

  test.each(names)('%s loads without a warning about names, secrets or hosts', (name) => {
    expect(load(name.replace('.yaml', '')).warnings).toEqual([])
  })
})

describe('support-inbox', () => {
  const policy = policyOf('support-inbox')
  const own = [key('gemini')]

  test('CG1 the platform’s AI serves by default', () => {
    expect(told(ask(policy, { feature: 'chatbot' }))).toEqual(['platform:gemini/gemini-2.5-flash'])
  })

  test('CG3 Gemini 3.x is refused with its reason, on any key', () => {
    for (const keys of [[], own]) {
      const decision = ask(
        policy,
        { feature: 'chatbot', provider: 'gemini', model: 'models/gemini-3.5-flash' },
        { keys },
      )
      expect(told(decision)).toEqual(['model_refused'])
      expect(decision.refusal?.reason).toContain('JSON-output prompts')
    }
  })

  test('CG4 CG16 outside the scope the platform’s AI serves, and says that the scope is why', () => {
    const keys = [key('gemini', { scope: 're_engagement_only', model: 'gemini-2.5-pro' })]
    const outside = ask(policy, { feature: 'chatbot', provider: 'gemini' }, { keys })
    expect(told(outside)).toEqual(['platform:gemini/gemini-2.5-flash'])
    expect(outside.attempts[0]?.reason).toContain('“Re-engagement only”')
    expect(outside.skipped.map(({ code }) => code)).toContain('scope')
    const inside = ask(policy, { feature: 're_engagement', provider: 'gemini' }, { keys, addOns: ['re_engagement'] })
    expect(told(inside)[0]).toBe('organization:gemini/gemini-2.5-pro')
  })

  test('CG5 CG15 with fallback on, the platform’s AI comes second', () => {
    const { attempts } = ask(policy, { feature: 'chatbot', provider: 'gemini' }, { keys: own })
    expect(attempts.map(({ source }) => source)).toEqual(['organization', 'platform'])
    expect(attempts[0]?.fallbackOn).toEqual(
      expect.arrayContaining(['invalid_key', 'permission_denied', 'rate_limited', 'quota_exhausted', 'network']),
    )
  })

  test('CG6 with fallback off, nothing goes to the platform’s account', () => {
    const { attempts } = ask(
      policy,
      { feature: 'chatbot', provider: 'gemini' },
      { keys: [key('gemini', { fallback: false })] },
    )
    expect(attempts.map(({ source }) => source)).toEqual(['organization'])
    expect(attempts[0]?.fallbackOn).toEqual([])
  })

  test('CG14 without the add-on only re-engagement is refused', () => {
    expect(told(ask(policy, { feature: 're_engagement' }, { keys: own }))).toEqual(['add_on_required'])
    expect(told(ask(policy, { feature: 'auto_tag' }, { keys: own }))[0]).toBe('organization:gemini/gemini-2.5-flash')
  })

  test('CG19 CG20 an own key costs nothing and goes to the provider’s own host', () => {
    const [first] = ask(policy, { feature: 'chatbot' }, { keys: own }).attempts
    expect(first).toMatchObject({ credits: 0, host: 'generativelanguage.googleapis.com' })
  })
})

describe('content-platform', () => {
  const policy = policyOf('content-platform')

  test('BG1 the three identifiers are accepted and shown', () => {
    expect(['OPENAI', 'GEMINI', 'CLAUDE'].map((name) => resolveProvider(policy, name))).toEqual([
      'openai',
      'gemini',
      'anthropic',
    ])
    expect(['openai', 'gemini', 'anthropic'].map((id) => publicProviderId(policy, id))).toEqual([
      'OPENAI',
      'GEMINI',
      'CLAUDE',
    ])
  })

  test.each(['openai', 'gemini', 'anthropic'])(
    'BG1 BG8 BG10 the active provider %s serves the one dialect, its system key after it',
    (active) => {
      const keys = ['openai', 'gemini', 'anthropic'].map((id) => key(id))
      const { attempts } = ask(
        policy,
        { feature: 'summarization', capability: 'chat' },
        { keys, activeProvider: active },
      )
      expect(attempts.map(({ source, provider }) => [source, provider])).toEqual([
        ['organization', active],
        ['platform', active],
      ])
    },
  )

  test('BG1 a key of a provider that is not active is not used', () => {
    const decision = ask(
      policy,
      { feature: 'summarization', provider: 'CLAUDE' },
      { keys: [key('openai'), key('anthropic')], activeProvider: 'openai' },
    )
    expect(decision.attempts.map(({ source }) => source)).toEqual(['platform'])
    expect(decision.skipped.map(({ code }) => code)).toEqual(['not_active_provider'])
  })

  test('BG8 there is no toggle: a key that says "no fallback" falls back all the same', () => {
    const { attempts } = ask(
      policy,
      { feature: 'optimization' },
      { keys: [key('gemini', { fallback: false })], activeProvider: 'gemini' },
    )
    expect(attempts.map(({ source }) => source)).toEqual(['organization', 'platform'])
  })

  test('BG9 without a key the system key serves', () => {
    expect(told(ask(policy, { feature: 'optimization' }))[0]).toMatch(/^platform:openai/)
  })
})

describe('voice-research', () => {
  const policy = policyOf('voice-research')
  const enabled = { byokEnabled: true, balance: 100 }

  test('VR1 own keys count only where the administrator enabled them', () => {
    const keys = [key('openai')]
    expect(told(ask(policy, { feature: 'wiki' }, { keys, balance: 100 }))[0]).toMatch(/^platform:openai/)
    expect(told(ask(policy, { feature: 'wiki' }, { keys, ...enabled }))[0]).toMatch(/^organization:openai/)
  })

  test('VR2 what is announced cannot be used yet', () => {
    expect(told(ask(policy, { feature: 'premium_voice' }, enabled))).toEqual(['provider_not_allowed'])
  })

  test('VR8 VR9 VR10 VR14 own key for one provider at 1 credit, the shared one for another at 5', () => {
    const facts = { ...enabled, keys: [key('openai')] }
    expect(
      ask(policy, { feature: 'interview' }, facts).attempts.map(({ source, credits }) => [source, credits]),
    ).toEqual([['organization', 1]])
    expect(
      ask(policy, { feature: 'speech_to_text' }, facts).attempts.map(({ source, credits }) => [source, credits]),
    ).toEqual([['platform', 5]])
  })

  test('VR10 credits that do not cover the request refuse it, on an own key too', () => {
    expect(told(ask(policy, { feature: 'interview' }, { byokEnabled: true, balance: 4 }))).toEqual([
      'credits_exhausted',
    ])
    expect(
      told(ask(policy, { feature: 'interview' }, { byokEnabled: true, balance: 0, keys: [key('openai')] })),
    ).toEqual(['credits_exhausted'])
  })

  test('VR12 no fallback, whatever the key says', () => {
    const decision = ask(policy, { feature: 'interview' }, { ...enabled, keys: [key('openai', { fallback: true })] })
    expect(decision.attempts.map(({ source }) => source)).toEqual(['organization'])
    expect(decision.skipped.map(({ code }) => code)).toEqual(['fallback_off'])
  })
})

describe('customer-research', () => {
  const policy = policyOf('customer-research')
  const plans = ['free', 'insights', 'interviews', 'enterprise']
  const keys = [key('gemini', { holder: 'user', user: 'ann' })]

  test.each(plans)('KJ1 on the plan %s a user’s key serves that user only, once enabled', (plan) => {
    const request = { feature: 'analysis', provider: 'google_gemini' }
    expect(told(ask(policy, { ...request, user: 'ann' }, { plan, keys, byokEnabled: true }))).toEqual([
      'user:gemini/gemini-2.5-pro',
    ])
    expect(told(ask(policy, { ...request, user: 'bob' }, { plan, keys, byokEnabled: true }))).toEqual([
      'platform:gemini/gemini-2.5-pro',
    ])
    expect(told(ask(policy, { ...request, user: 'ann' }, { plan, keys }))).toEqual(['platform:gemini/gemini-2.5-pro'])
  })

  test('KJ5 the task picks the model', () => {
    const model = (feature: string) =>
      ask(policy, { feature, user: 'ann' }, { plan: 'free', keys, byokEnabled: true }).attempts[0]?.model
    expect(['interview_conversation', 'analysis', 'interview_audio'].map(model)).toEqual([
      'gemini-2.5-flash',
      'gemini-2.5-pro',
      'eleven_multilingual_v2',
    ])
  })

  test('KJ6 a private model works on the own key where the plan allows it, never on the platform’s', () => {
    const request = { feature: 'analysis', provider: 'gemini', model: 'gemini-4-early-access' }
    const on = (plan: string, user: string) =>
      told(ask(policy, { ...request, user }, { plan, keys, byokEnabled: true }))
    expect(on('enterprise', 'ann')).toEqual(['user:gemini/gemini-4-early-access'])
    expect(on('enterprise', 'bob')).toEqual(['model_refused'])
    expect(on('free', 'ann')).toEqual(['model_refused'])
  })

  test('KJ7 KJ11 the plan’s included requests limit the built-in allocation, not the own key', () => {
    const facts = { plan: 'free', keys, byokEnabled: true, quotaUsed: { month: { included_requests: 100 } } }
    expect(told(ask(policy, { feature: 'analysis', user: 'ann' }, facts))).toEqual(['user:gemini/gemini-2.5-pro'])
    expect(told(ask(policy, { feature: 'analysis', user: 'bob' }, facts))).toEqual(['quota_exceeded'])
    expect(told(ask(policy, { feature: 'analysis', user: 'bob' }, { ...facts, plan: 'insights' }))).toEqual([
      'platform:gemini/gemini-2.5-pro',
    ])
  })
})

describe('agent-builder', () => {
  const policy = policyOf('agent-builder')
  const hosted = { plan: 'hosted' }

  test('FA2 any OpenAI-compatible endpoint serves at the customer’s host', () => {
    const { attempts } = ask(
      policy,
      { feature: 'chat', provider: 'openai_compatible', model: 'llama' },
      { ...hosted, keys: [key('openai_compatible')] },
    )
    expect(attempts.map(({ source, host }) => [source, host])).toEqual([['organization', 'models.customer.example']])
  })

  test.each([
    ['image_description', 'image_recognition', 100],
    ['media_transcription', 'media_transcription', 60],
  ])('FA4 FA5 FA8 FA11 %s counts toward the hosted quota only on the platform’s key', (feature, meter, limit) => {
    const last = { ...hosted, quotaUsed: { month: { [meter]: limit - 1 } } }
    const full = { ...hosted, quotaUsed: { month: { [meter]: limit } } }
    expect(ask(policy, { feature }, last).attempts.map(({ source, meter: counted }) => [source, counted])).toEqual([
      ['platform', meter],
    ])
    const stopped = ask(policy, { feature }, full)
    expect(told(stopped)).toEqual(['quota_exceeded'])
    expect(stopped.refusal?.fix).toBe('Add a Google Gemini key, or ask an administrator to raise the plan’s limit.')
    expect(
      ask(policy, { feature }, { ...full, keys: [key('gemini')] }).attempts.map(({ source, meter: counted }) => [
        source,
        counted,
      ]),
    ).toEqual([['organization', undefined]])
  })

  test('FA6 a BYOK-only plan names the key that is missing', () => {
    for (const provider of ['openai', 'anthropic', 'mistral']) {
      const decision = ask(policy, { feature: 'chat', provider }, { plan: 'byok_only' })
      expect(told(decision)).toEqual(['missing_key'])
      expect(decision.refusal?.fix).toMatch(/^Add an? .+ key in the AI settings/)
      expect(decision.skipped.map(({ code }) => code)).toEqual(['no_key', 'required'])
    }
  })

  test('FA13 a failing own key is the provider’s error', () => {
    expect(
      told(ask(policy, { feature: 'chat', provider: 'gemini' }, { ...hosted, keys: [key('gemini')] })),
    ).toHaveLength(1)
  })

  test('FA14 staging never uses the production key', () => {
    const facts = { plan: 'byok_only', keys: [key('gemini')] }
    const decision = ask(policy, { feature: 'chat', provider: 'gemini', environment: 'staging' }, facts)
    expect(told(decision)).toEqual(['missing_key'])
    expect(decision.refusal?.fix).toContain('for the environment “staging”')
    expect(told(ask(policy, { feature: 'chat', provider: 'gemini' }, facts))[0]).toMatch(/^organization:gemini/)
  })

  test('FA15 each attempt names host and region, and a plan can keep data in one', () => {
    const openai = { feature: 'chat', provider: 'openai' }
    expect(ask(policy, openai, hosted).attempts[0]).toMatchObject({ host: 'api.openai.com', region: 'global' })
    expect(ask(policy, openai, { plan: 'hosted_eu' }).attempts[0]).toMatchObject({
      host: 'eu.api.openai.com',
      region: 'eu',
    })
    expect(told(ask(policy, openai, { plan: 'hosted_eu', keys: [key('openai')] }))).toEqual(['region_not_allowed'])
    expect(told(ask(policy, { feature: 'image_description' }, { plan: 'hosted_eu' }))).toEqual(['region_not_allowed'])
  })

  test('FA9 FA12 FA16 the plan says what counts, when to remind and what may be spent', () => {
    const plan = load('agent-builder').config.plans['hosted']
    expect(plan?.quotas['media_transcription']).toMatchObject({ limit: 60, count: 'successes' })
    expect(plan?.rotation.remindDays).toEqual([30, 7, 1])
    expect(plan?.caps).toEqual([{ scope: 'key_and_feature', per: 'month', limit: 500, currency: 'USD', warnAt: 0.8 }])
  })
})
