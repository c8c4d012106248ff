import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { catalogue } from '../providers/index.ts'
import { ConfigError, ConfigHolder, configJsonSchema, defaultConfig, loadConfig } from './index.ts'

/** The example that the public contract prints, as it stands there. */
const contractExample = `
platform: { name: Acme, aiName: Acme AI, support: help@acme.test, locales: [en] }
providers:
  gemini:
    platformKey: \${GEMINI_API_KEY}          # optional
    baseUrl: http://127.0.0.1:9101          # optional, operator only: another host, a proxy, a test double
    defaultModel: gemini-2.5-flash
    models:
      allow: [gemini-2.5-flash, gemini-2.5-pro, gemini-2.5-flash-lite]   # absent: all
      refuse: [{ match: "gemini-3*", reason: "does not follow JSON-output prompts reliably" }]
features:
  chatbot:           { title: Chatbots, capability: chat }
  re_engagement:     { title: Re-engagement, capability: chat, addOn: re_engagement }
  image_description: { title: Image description, capability: vision, providers: [gemini], meter: image_recognition,
                       models: { gemini: gemini-2.5-flash } }
plans:
  standard:
    byok: always                     # always | by_operator | never
    holder: organization             # organization | user
    managers: [owner, admin]
    providers: { gemini: optional, openai: required, "*": unavailable }   # required = BYOK-only: never the platform's key
    choice: per_provider             # per_provider | single (one active provider serves all)
    scopes:                          # offered to the manager; \`all\` is always there
      re_engagement_only: { title: Re-engagement only, features: [re_engagement] }
    model: customer                  # customer | feature (by task)
    fallback:
      mode: customer                 # customer (a toggle) | always | never
      default: true
      when: [invalid_key, permission_denied, quota_exhausted, rate_limited, provider_error, network]
    verify: on_save                  # on_save | format_only
    credits: { ownKey: 1, platformKey: 5 }                   # per request; or per feature
    quotas: { image_recognition: { limit: 100, per: month, ownKeyExempt: true } }
`
const canary = 'AIza-canary-4711-must-not-appear'
const env = { GEMINI_API_KEY: canary }
const load = (text: string, variables: Record<string, string | undefined> = env) =>
  loadConfig({ text, env: variables, catalogue })

describe('a file', () => {
  test('with many mistakes tells all of them at once, from top to bottom', () => {
    const text = contractExample
      .replace('byok: always', 'byok: alway')
      .replace('capability: vision', 'capability: visoin')
      .replace('fallback:', 'fallbck:')
      .replace('limit: 100', 'limit: many')
    const paths = [
      'providers.gemini.platformKey',
      'features.image_description.capability',
      'plans.standard.byok',
      'plans.standard.fallbck',
      'plans.standard.quotas.image_recognition.limit',
    ]
    const attempt = () => load(text, {})
    expect(attempt).toThrow(ConfigError)
    expect(attempt).toThrow(new RegExp(paths.map((path) => `${path.replaceAll('.', '\\.')}\\n`).join('[^]*')))
  })

  test('the contract’s example loads without warnings', () => {
    const { config, warnings } = load(contractExample)
    expect(warnings).toEqual([])
    expect(config.plans['standard']?.credits).toEqual({ ownKey: 1, platformKey: 5, features: {} })
    expect(config.plans['standard']?.quotas['image_recognition']).toMatchObject({
      limit: 100,
      count: 'successes',
      ownKeyExempt: true,
    })
  })

  test('a platform key is a secret that does not print', () => {
    const { config } = load(contractExample)
    expect(JSON.stringify(config)).not.toContain(canary)
    expect(config.providers['gemini']?.platformKey?.reveal()).toBe(canary)
  })

  test('white space around a platform key is no part of it', () => {
    const { config } = load(contractExample, { GEMINI_API_KEY: ` ${canary}\n` })
    expect(config.providers['gemini']?.platformKey?.reveal()).toBe(canary)
  })

  test('variables stand inside longer texts, and $${ is a literal', () => {
    const { config } = load('platform: { name: "${A}-${B}", support: "$${A}" }', { A: 'one', B: 'two' })
    expect(config.platform).toMatchObject({ name: 'one-two', support: '${A}' })
  })

  test.each([
    ['one pair for all', '{ ownKey: 1, platformKey: 5 }', { ownKey: 1, platformKey: 5, features: {} }],
    [
      'per feature, beside',
      '{ chat: { ownKey: 1, platformKey: 5 } }',
      { ownKey: 0, platformKey: 0, features: { chat: { ownKey: 1, platformKey: 5 } } },
    ],
    [
      'per feature, under features',
      '{ ownKey: 2, platformKey: 3, features: { chat: { ownKey: 1, platformKey: 5 } } }',
      { ownKey: 2, platformKey: 3, features: { chat: { ownKey: 1, platformKey: 5 } } },
    ],
  ])('credits are read %s', (_name, credits, expected) => {
    expect(
      load(`features: { chat: { title: Chat } }\nplans: { basic: { credits: ${credits} } }`).config.plans['basic']
        ?.credits,
    ).toEqual(expected)
  })

  test('providers may be named by alias or by the id they are shown under, and come out under the catalogue’s', () => {
    const { config } = load(`
providers: { Claude: { as: CLAUDE }, google: { as: my_gemini } }
features: { chat: { title: Chat, providers: [CLAUDE, my_gemini], models: { my_gemini: gemini-2.5-pro } } }
plans: { basic: { providers: { CLAUDE: required, my_gemini: optional }, fallback: { provider: Google } } }`)
    expect(Object.keys(config.providers)).toEqual(['anthropic', 'gemini'])
    expect(config.features['chat']).toMatchObject({
      providers: ['anthropic', 'gemini'],
      models: { gemini: 'gemini-2.5-pro' },
    })
    expect(config.plans['basic']?.providers).toEqual({ anthropic: 'required', gemini: 'optional' })
    expect(config.plans['basic']?.fallback.provider).toBe('gemini')
  })

  test('a provider of one’s own is like another at its own host', () => {
    const { config } = load(
      'providers: { mything: { like: openai, baseUrl: "https://models.acme.test", title: My thing } }\nplans: { basic: { providers: { mything: optional } } }',
    )
    expect(config.providers['mything']).toMatchObject({ like: 'openai', title: 'My thing' })
  })

  test('plans may share fields by anchors', () => {
    const { config } = load('plans:\n  one: &one { byok: never, title: One }\n  two: { <<: *one, title: Two }')
    expect(config.plans['two']).toMatchObject({ byok: 'never', title: 'Two' })
  })

  test('what is left out has its default', () => {
    expect(load('{}').config.plans['standard']).toMatchObject({ byok: 'always', fallback: { mode: 'never' } })
  })
})

describe('no problem shows a secret', () => {
  test.each([
    ['a variable in a wrong place', 'platform: { nope: "${GEMINI_API_KEY}" }'],
    ['a variable of a wrong type', 'gateway: { maxBodyBytes: "${GEMINI_API_KEY}" }'],
    ['a variable as an address', 'providers: { gemini: { baseUrl: "${GEMINI_API_KEY}" } }'],
    ['a variable as a choice', 'plans: { a: { byok: "${GEMINI_API_KEY}" } }'],
    ['a secret in the file', `providers: { gemini: { platformKey: [${canary}] } }`],
    ['a secret in another field', `plans: { a: { byok: ${canary} } }`],
    ['a secret on a broken line', `providers: { gemini: { platformKey: ${canary} ] } }`],
    ['a secret in an open quotation', `providers:\n  gemini:\n    platformKey: "${canary}\n`],
  ])('%s', (_name, text) => {
    const attempt = () => load(text)
    expect(attempt).toThrow(ConfigError)
    expect(attempt).toThrow(/^(?![\s\S]*canary)/)
  })
})

describe('warnings', () => {
  test('of events that nothing is called, with what was meant', () => {
    const secret = `whsec_${Buffer.from('of the suite of the configuration').toString('base64')}`
    const events = '["*", key.*, "*.opened", key.sett, notices.*]'
    const { warnings } = load(
      `plans: { standard: {} }\nwebhooks:\n  - { url: http://127.0.0.1/hook, secret: ${secret}, events: ${events} }`,
    )
    const told = warnings.filter(({ code }) => code === 'unknown_event')
    expect(told.map(({ line, path, suggestion }) => [line, path, suggestion])).toEqual([
      [3, 'webhooks.0.events.3', 'key.set'],
      [3, 'webhooks.0.events.4', undefined],
    ])
  })

  const warningsOf = (text: string) => load(text).warnings.map(({ line, path }) => [line, path])

  test('languages and colors that the pages do not have are named', () => {
    const text = `platform:
  locales: [de, es-MX, fr]
  colors: { accent: "#0a7", primary: teal, sidebar: "#ffffff" }
`
    const { warnings } = load(text)
    expect(warnings.map(({ path, code }) => [path, code])).toEqual([
      ['platform.locales.2', 'unknown_locale'],
      ['platform.colors.primary', 'unusable_color'],
      ['platform.colors.sidebar', 'unusable_color'],
    ])
    expect(warnings[0]).toMatchObject({ line: 2, message: 'The pages are not written in "fr".' })
  })

  test('a cap that costs in another currency do not count toward is told, until a rate or a cap for them is there', () => {
    const file = (plan: string, rates = '') => `providers: { sarvam: {} }\n${rates}\nplans:\n  basic: ${plan}`
    const { warnings } = load(file('{ caps: [{ limit: 5 }], fallback: { mode: always, cap: { limit: 1 } } }'))
    expect(warnings.map(({ path }) => path)).toEqual(['plans.basic.caps.0', 'plans.basic.fallback.cap'])
    expect(warnings[0]).toMatchObject({ line: 4, message: expect.stringMatching(/sarvam.*INR.*USD/) })
    expect(warnings[0]?.fix).toContain('exchangeRates')
    expect(warningsOf(file('{ caps: [{ limit: 5 }] }', 'exchangeRates: { INR: 0.0118 }'))).toEqual([])
    expect(warningsOf(file('{ caps: [{ limit: 5, currency: INR }] }'))).toEqual([])
    expect(warningsOf(file('{ caps: [{ limit: 5, currency: EUR }] }', 'exchangeRates: { INR: 0.0118 }'))).toHaveLength(
      1,
    )
    expect(warningsOf(file('{ providers: { sarvam: unavailable }, caps: [{ limit: 5 }] }'))).toEqual([])
  })

  test('the currencies of a provider are those that its prices have: a catalogue’s, the operator’s, or none', () => {
    const file = (providers: string, prices: string, currency: string) =>
      `providers: ${providers}\nprices: ${prices}\nplans:\n  basic: { caps: [{ limit: 5, currency: ${currency} }] }`
    const some = '{ openai: { "gpt-5*": { currency: EUR, input: 1, output: 2 } } }'
    const all = '{ openai: { "*": { currency: EUR, input: 1, output: 2 } } }'
    // The models that the operator did not price are priced in dollars by the catalogue.
    const [warning] = load(file('{ openai: {} }', some, 'EUR')).warnings
    expect(warning?.message).toMatch(/openai are in USD .* cap in EUR/)
    expect(warningsOf(file('{ openai: {} }', all, 'EUR'))).toEqual([])
    expect(warningsOf(file('{ openai: {} }', all, 'USD'))).toHaveLength(1)
    // What nobody has a price for costs nothing in any currency.
    const own = '{ mine: { like: openai, baseUrl: "https://models.acme.test" } }'
    expect(warningsOf(file(own, '{}', 'EUR'))).toEqual([])
    expect(warningsOf(file(own, '{ mine: { "*": { currency: GBP, input: 1, output: 2 } } }', 'EUR'))).toHaveLength(1)
    expect(warningsOf(file('{ sarvam: {} }', '{}', 'INR'))).toEqual([])
  })

  test('an exchange rate is a positive number, and a dollar is worth a dollar', () => {
    for (const rate of ['INR: 0', 'INR: -1', 'rupees: 1', 'USD: 2'])
      expect(() => load(`exchangeRates: { ${rate} }`)).toThrow(/exchangeRates/)
    expect(load('exchangeRates: { USD: 1, EUR: 1.1 }').config.exchangeRates).toEqual({ USD: 1, EUR: 1.1 })
  })

  test('a secret in the file itself is told without showing it', () => {
    const { warnings } = load(`providers:\n  gemini:\n    platformKey: ${canary}`)
    expect(warnings).toMatchObject([{ line: 3, path: 'providers.gemini.platformKey' }])
    expect(JSON.stringify(warnings)).not.toContain('canary')
  })

  test('keys over plain HTTP are told, except to this machine', () => {
    expect(warningsOf('providers: { gemini: { baseUrl: "http://models.acme.test" } }')).toEqual([
      [1, 'providers.gemini.baseUrl'],
    ])
    expect(warningsOf('providers: { gemini: { baseUrl: "http://127.0.0.1:9101" } }')).toEqual([])
  })

  test('a meter without a limit, a fallback without a key and an unknown region are told', () => {
    expect(warningsOf('features: { a: { title: A, meter: m } }')).toEqual([[1, 'features.a.meter']])
    expect(warningsOf('plans: { a: { providers: { openai: optional }, fallback: { mode: always } } }')).toEqual([
      [1, 'plans.a.providers.openai'],
    ])
    expect(warningsOf('plans: { a: { regions: [eu, mars] } }')).toEqual([[1, 'plans.a.regions.1']])
  })
})

describe('reloading', () => {
  test('a good file replaces the old one; a bad one changes nothing', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ownkey-config-')), 'ownkey.yaml')
    writeFileSync(file, 'platform: { name: One }')
    const holder = new ConfigHolder(() => loadConfig({ file, env, catalogue }))

    writeFileSync(file, 'platform: { name: Two }')
    expect(holder.reload()).toMatchObject({ ok: true, version: 2 })
    writeFileSync(file, 'platform: { nam: Three }')
    expect(holder.reload()).toMatchObject({ ok: false, version: 2, problems: [{ file, line: 1, suggestion: 'name' }] })
    expect(holder.current).toMatchObject({ version: 2, config: { platform: { name: 'Two' } } })
    writeFileSync(file, 'platform: { name: Four }')
    expect(holder.reload()).toMatchObject({ ok: true, version: 3 })
  })
})

test('an origin is one, with or without the slash behind it', () => {
  const origins = (value: string) => load(`platform: { origins: [${value}] }`).config.platform.origins
  expect(origins('https://App.Example.com/, "http://localhost:3000"')).toEqual([
    'https://app.example.com',
    'http://localhost:3000',
  ])
  for (const wrong of [
    'not an origin',
    'https://a.example/path',
    '"https://a.example; script-src *"',
    'a.example',
    '"*"',
  ])
    expect(() => origins(wrong), wrong).toThrow(ConfigError)
})

test('without a file there is one plan with five providers', () => {
  const config = defaultConfig({ platformKeys: { openai: canary } })
  expect(Object.keys(config.features)).toEqual([
    'assistant',
    'image_description',
    'speech_to_text',
    'text_to_speech',
    'translation',
  ])
  expect(config.plans['standard']?.providers).toEqual({
    openai: 'optional',
    anthropic: 'optional',
    gemini: 'optional',
    elevenlabs: 'optional',
    sarvam: 'optional',
    '*': 'unavailable',
  })
  expect(config.providers['openai']?.platformKey?.reveal()).toBe(canary)
})

test('the schema for editors knows every section and refuses unknown fields', () => {
  const schema = configJsonSchema()
  expect(Object.keys(schema.properties ?? {})).toEqual(
    expect.arrayContaining(['platform', 'providers', 'features', 'plans']),
  )
  expect(schema.additionalProperties).toBe(false)
  expect(JSON.stringify(schema)).toContain('never the platform’s key')
})

test('names of a provider mean the provider, whichever of them is used and in any case', () => {
  const { config } = load(
    `
providers: { gemini: { as: our-google, models: { allow: ["\${MODEL}"] } } }
features: { chat: { title: Chat, capability: chat, providers: [google, gemini, Our-Google], models: { OUR-GOOGLE: gemini-2.5-pro } } }
plans: { standard: { providers: { our-google: required }, fallback: { provider: google } } }
prices: { our-google: { "*": { input: 1, output: 2 } } }
`,
    { MODEL: 'gemini-2.5-*' },
  )
  const { chat } = config.features
  expect([chat?.providers, chat?.models]).toEqual([['gemini'], { gemini: 'gemini-2.5-pro' }])
  const { standard } = config.plans
  expect([standard?.providers, standard?.fallback.provider]).toEqual([{ gemini: 'required' }, 'gemini'])
  expect(Object.keys(config.prices)).toEqual(['gemini'])
  // What stands in a list is filled in from the environment, too.
  expect(config.providers['gemini']?.models.allow).toEqual(['gemini-2.5-*'])
})
