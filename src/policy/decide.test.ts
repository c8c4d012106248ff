import { describe, expect, test } from 'vitest'
import { ask, base, key, policyFrom, policyWith, skips, sources } from '../../test/support/policy-facts.ts'

describe('the feature comes first', () => {
  test.each([
    [{ feature: undefined }, {}, 'feature_required'],
    [{ feature: 'nope' }, {}, 'feature_unknown'],
    [{}, { plan: 'small' }, 'feature_not_in_plan'],
    [{ feature: 'extra' }, {}, 'add_on_required'],
    [{}, { plan: 'gone' }, 'plan_unknown'],
  ])('%o on %o is refused as %s', (request, facts, code) => {
    expect(sources(ask(base, request, facts))).toEqual([code])
  })

  test('an add-on of the organization, or of its plan, lets the feature in', () => {
    expect(sources(ask(base, { feature: 'extra', provider: 'openai' }, { addOns: ['extras'] }))).toEqual([
      'platform:openai',
    ])
    const included = policyWith('{ addOns: [extras] }')
    expect(sources(ask(included, { feature: 'extra', provider: 'openai' }))).toEqual(['platform:openai'])
  })

  test('a missing add-on is called what the configuration calls it', () => {
    const titled = (addOns: string) =>
      ask(
        policyFrom(`${addOns}features: { extra: { title: Extra, addOn: extras } }`),
        { feature: 'extra' },
        { plan: 'standard' },
      ).refusal
    expect(titled('addOns: { extras: { title: More of everything } }\n')).toMatchObject({
      reason: 'Extra needs the add-on “More of everything”, which the organization does not have.',
      facts: { addOn: 'More of everything' },
    })
    expect(titled('')?.fix).toContain('the add-on “extras”')
  })

  test('where no feature is configured, none is needed', () => {
    expect(
      sources(
        ask(
          policyFrom('providers: { openai: { platformKey: "${OPENAI}" } }'),
          { feature: undefined, provider: 'openai' },
          { plan: 'standard' },
        ),
      ),
    ).toEqual(['platform:openai'])
  })
})

describe('then the provider', () => {
  test.each(['gemini', 'GEMINI', 'google_gemini', 'google', 'google-gemini'])('%s is Gemini', (provider) => {
    expect(sources(ask(base, { provider }))).toEqual(['platform:gemini'])
  })

  test.each([
    ['an unknown one', { provider: 'nope' }],
    ['one that the plan does not offer', { provider: 'mistral' }],
    ['one that the feature does not name', { provider: 'openai', feature: 'vision' }],
    ['one that is only announced', { provider: 'deepgram' }],
  ])('%s is not allowed, and those that are get named', (_name, request) => {
    const decision = ask(base, request)
    expect(sources(decision)).toEqual(['provider_not_allowed'])
    expect(decision.refusal?.fix).toContain('google_gemini')
  })

  test('with none named, only those that can do the task are asked, in the plan’s order', () => {
    expect(sources(ask(base, {}))).toEqual(['platform:gemini'])
    expect(sources(ask(base, { feature: 'speech' }))).toEqual(['platform:openai'])
    expect(sources(ask(base, {}, { keys: [key('openai')] }))).toEqual(['organization:openai'])
  })

  test('with none named, a model that one refuses by name is not sent to another that has never heard of it', () => {
    const policy = policyFrom(
      'providers: { openai: { platformKey: "${OPENAI}" }, gemini: { platformKey: "${GEMINI}", models: { refuse: [{ match: "gemini-3*", reason: "no JSON" }] } }, mine: { like: openai, baseUrl: "https://mine.test", platformKey: "${OPENAI}" } }\nfeatures: { chat: { capability: chat, title: Chat } }\nplans: { standard: { providers: { openai: optional, gemini: optional } }, open: { providers: { openai: optional, gemini: optional, mine: optional } } }',
    )
    const decision = ask(policy, { feature: 'chat', model: 'gemini-3-pro' }, { plan: 'standard' })
    expect(sources(decision)).toEqual(['model_refused'])
    expect(decision.refusal?.reason).toContain('no JSON')
    expect(sources(ask(policy, { feature: 'chat', model: 'gpt-5.4' }, { plan: 'standard' }))).toEqual([
      'platform:openai',
    ])
    // A server of somebody's own has its models under any names.
    expect(sources(ask(policy, { feature: 'chat', model: 'gemini-3-pro' }, { plan: 'open' }))).toEqual([
      'platform:mine',
    ])
  })

  test('with none named, a model that only one of them has decides', () => {
    expect(sources(ask(base, { model: 'gpt-5.4' }, { keys: [key('gemini')] }))).toEqual(['platform:openai'])
  })

  test('with none named, a model that nobody lists goes to those that have its family', () => {
    const policy = policyWith(
      '{ providers: { gemini: optional, openai: optional, anthropic: optional, house: optional } }',
    )
    const keys = [key('gemini'), key('anthropic')]
    const served = (model: string, own = keys) => sources(ask(policy, { model }, { keys: own }))
    expect(served('gpt-99-mini')).toEqual(['platform:openai'])
    expect(served('claude-99-sonnet')).toEqual(['organization:anthropic'])
    expect(served('nobodys-1')).toEqual(['organization:gemini'])
    // A server of somebody's own has its models under any names.
    expect(served('gpt-99-mini', [...keys, key('house')])).toEqual(['organization:house'])
  })

  test('the active one serves all, with its own model where another’s is named', () => {
    const policy = policyWith(
      '{ choice: single, providers: { openai: optional, gemini: optional, anthropic: optional }, fallback: { mode: always } }',
    )
    const facts = { keys: [key('anthropic', { model: 'claude-opus-5-5' })], activeProvider: 'anthropic' }
    const models = (model: string, provider?: string) =>
      ask(policy, { model, provider }, facts).attempts.map((attempt) => `${attempt.source}:${attempt.model}`)
    for (const model of ['gpt-5.4', 'gpt-99-mini', 'gemini-2.5-flash'])
      expect(models(model)[0], model).toBe('organization:claude-opus-5-5')
    for (const model of ['claude-haiku-5-5', 'claude-99-sonnet', 'nobodys-1'])
      expect(models(model)[0], model).toBe(`organization:${model}`)
    // Who names the provider means it, and whose platform serves has all its models.
    expect(models('gpt-5.4', 'openai')).toEqual(['platform:gpt-5.4'])
    expect(sources(ask(policy, { model: 'gpt-5.4' }, {}))).toEqual(['platform:openai'])
    expect(sources(ask(policy, { model: 'gemini-3-pro' }, facts))).toEqual(['model_refused'])
  })
})

describe('then the model', () => {
  test('a refused one is refused with its reason before anyone asks for a key', () => {
    const decision = ask(base, { provider: 'anthropic', model: 'x' })
    expect(sources(decision)).toEqual(['missing_key'])
    const refused = ask(base, { provider: 'gemini', model: 'models/Gemini-3-pro' })
    expect(sources(refused)).toEqual(['model_refused'])
    expect(refused.refusal?.reason).toContain('too new')
  })

  test.each([
    ['customer', undefined, 'gemini-2.5-flash-lite', 'gemini-2.5-flash-lite'],
    ['customer', 'auto', 'gemini-2.5-flash-lite', 'gemini-2.5-flash-lite'],
    ['customer', undefined, 'gemini-3-pro', 'gemini-2.5-pro'],
    ['customer', 'gemini-2.5-flash', 'gemini-2.5-flash-lite', 'gemini-2.5-flash'],
    ['feature', undefined, 'gemini-2.5-flash-lite', 'gemini-2.5-pro'],
  ])('with plan.model %s, the caller’s %s and the key’s %s, %s is used', (who, asked, ofKey, used) => {
    const policy = policyWith(`{ model: ${who} }`)
    expect(
      ask(policy, { feature: 'vision', model: asked }, { keys: [key('gemini', { model: ofKey })] }).attempts[0]?.model,
    ).toBe(used)
  })

  test('a key’s chat model is not used to speak', () => {
    expect(
      ask(base, { feature: 'speech', provider: 'openai' }, { keys: [key('openai', { model: 'gpt-5.4' })] }).attempts[0]
        ?.model,
    ).toBe('gpt-4o-mini-tts')
  })

  test('a surface without a model gets none', () => {
    expect(ask(base, { provider: 'gemini', noModel: true }).attempts[0]?.model).toBeUndefined()
  })
})

describe('an own key', () => {
  test.each([
    ['always', undefined, 'organization:openai'],
    ['always', false, 'platform:openai'],
    ['by_operator', undefined, 'platform:openai'],
    ['by_operator', true, 'organization:openai'],
    ['never', true, 'platform:openai'],
  ])('with byok %s and the operator’s switch %s, %s serves', (byok, byokEnabled, expected) => {
    const policy = policyWith(`{ byok: ${byok} }`)
    expect(sources(ask(policy, { provider: 'openai' }, { keys: [key('openai')], byokEnabled }))).toEqual([expected])
  })

  test.each([
    ['of another environment', { environment: 'staging' }, 'environment'],
    ['of a user, where the plan wants the organization’s', { holder: 'user', user: 'ann' }, 'holder'],
    ['of another provider', { provider: 'gemini' }, 'no_key'],
  ] as const)('%s is not used', (_name, facts, code) => {
    const decision = ask(base, { provider: 'openai', user: 'ann' }, { keys: [key('openai', facts)] })
    expect(sources(decision)).toEqual(['platform:openai'])
    expect(skips(decision)).toEqual([`organization:openai:${code}`])
  })

  test('of a user serves that user only, and nobody who is not named', () => {
    const policy = policyWith('{ holder: user }')
    const keys = [key('openai', { holder: 'user', user: 'ann' }), key('openai', { id: 'nameless', holder: 'user' })]
    const by = (user: string | undefined) => ask(policy, { provider: 'openai', user }, { keys }).attempts[0]?.key?.id
    expect([by('ann'), by('bob'), by(undefined), by('')]).toEqual(['k-openai', undefined, undefined, undefined])
  })

  test('of the one active provider serves; with none chosen, the only key is meant', () => {
    const policy = policyWith('{ choice: single }')
    const both = [key('openai'), key('gemini')]
    expect(sources(ask(policy, {}, { keys: both, activeProvider: 'openai' }))).toEqual(['organization:openai'])
    expect(sources(ask(policy, {}, { keys: both }))).toEqual(['platform:openai'])
    expect(sources(ask(policy, {}, { keys: [key('openai')] }))).toEqual(['organization:openai'])
  })

  test('that is disabled never moves silently to the platform’s key while fallback is off', () => {
    const keys = [key('openai', { state: 'disabled', fallback: false })]
    const toggle = policyWith('{ fallback: { mode: customer } }')
    expect(sources(ask(toggle, { provider: 'openai' }, { keys }))).toEqual(['missing_key'])
    expect(sources(ask(base, { provider: 'openai' }, { keys: [key('openai', { state: 'disabled' })] }))).toEqual([
      'missing_key',
    ])
    const on = ask(toggle, { provider: 'openai' }, { keys: [key('openai', { state: 'disabled', fallback: true })] })
    expect(sources(on)).toEqual(['platform:openai'])
    expect(skips(on)).toEqual(['organization:openai:key_disabled'])
  })

  test.each([
    ['{ fallback: { mode: customer } }', true],
    ['{ fallback: { mode: never } }', false],
    ['{ fallback: { mode: customer }, providers: { openai: required } }', false],
  ])('that is disabled under %s advises fallback only where that would help: %s', (plan, helps) => {
    const keys = [key('openai', { state: 'disabled', fallback: false })]
    const { refusal } = ask(policyWith(plan), { provider: 'openai' }, { keys })
    expect(refusal).toMatchObject({ code: 'missing_key', facts: { disabled: 'OpenAI' } })
    expect([refusal?.fix.includes('Enable the OpenAI key'), refusal?.fix.includes('turn fallback on')]).toEqual([
      true,
      helps,
    ])
  })

  test('that is required and missing says which to add, and the platform never serves', () => {
    const policy = policyWith('{ providers: { openai: required } }')
    const decision = ask(policy, { provider: 'openai', environment: 'staging' })
    expect(sources(decision)).toEqual(['missing_key'])
    expect(decision.refusal?.fix).toBe(
      'Add an OpenAI key for the environment “staging” in the AI settings; the plan never uses the platform’s key here.',
    )
    expect(sources(ask(policy, { provider: 'openai' }, { keys: [key('openai')] }))).toEqual(['organization:openai'])
  })

  test('that is required where own keys are off is told as that', () => {
    expect(
      sources(ask(policyWith('{ byok: by_operator, providers: { openai: required } }'), { provider: 'openai' })),
    ).toEqual(['byok_disabled'])
  })

  test('at the operator’s address keeps the path before the provider’s own', () => {
    const { attempts } = ask(
      policyWith('{ fallback: { mode: always } }'),
      { provider: 'house' },
      { keys: [key('house')] },
    )
    expect(attempts.map(({ origin, basePath, model }) => [origin, basePath, model])).toEqual([
      ['https://models.acme.test', '/llm', 'house-1'],
      ['https://models.acme.test', '/llm', 'house-1'],
    ])
  })
})
