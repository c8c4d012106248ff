import { describe, expect, test } from 'vitest'
import { catalogue } from '../providers/index.ts'
import { ConfigError, type ConfigProblem, formatProblem, loadConfig } from './index.ts'

const canary = 'AIza-canary-4711-must-not-appear'
const env = { GEMINI_API_KEY: canary }

function problemsOf(text: string, variables: Record<string, string | undefined> = env): readonly ConfigProblem[] {
  try {
    loadConfig({ text, env: variables, catalogue })
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

/** What is wrong → the line it is on, the path, and what has to be in the problem. */
const mistakes: readonly (readonly [
  name: string,
  text: string,
  line: number,
  path: string,
  says: Partial<ConfigProblem>,
])[] = [
  [
    'an unknown field',
    'platform:\n  nam: Acme',
    2,
    'platform.nam',
    { found: 'nam', suggestion: 'name', fix: 'Write "name" instead of "nam".' },
  ],
  ['an unknown section', 'plan: {}', 1, 'plan', { suggestion: 'plans' }],
  [
    'a wrong type',
    'gateway:\n  maxBodyBytes: lots',
    2,
    'gateway.maxBodyBytes',
    { expected: 'a whole number ≥ 1024', found: '"lots"' },
  ],
  [
    'a number that is too small',
    'gateway: { maxBodyBytes: 3 }',
    1,
    'gateway.maxBodyBytes',
    { expected: 'a whole number ≥ 1024', found: '3' },
  ],
  ['a value that is not offered', 'plans:\n  a:\n    byok: alway', 3, 'plans.a.byok', { suggestion: 'always' }],
  ['nothing where something must stand', 'features:\n', 1, 'features', { found: 'nothing', expected: 'a mapping' }],
  [
    'a missing field',
    'features:\n  chat:\n    capability: chat',
    2,
    'features.chat.title',
    { expected: 'title: a text' },
  ],
  [
    'an id with spaces',
    'features:\n  "my chat": { title: Chat }',
    2,
    'features.my chat',
    { expected: expect.stringContaining('letters, digits') as unknown as string },
  ],
  [
    'an address that is none',
    'providers: { openai: { baseUrl: "ftp://x" } }',
    1,
    'providers.openai.baseUrl',
    { expected: 'an address, http:// or https://' },
  ],
  [
    'a sign-in for everybody at an issuer',
    'signIn:\n  oidc: { issuer: "https://a.test", clientId: x }',
    2,
    'signIn.oidc',
    { expected: expect.stringContaining('allowedEmails or allowedGroups') as unknown as string },
  ],
  [
    'a sign-in at an issuer whose answers anybody can change',
    'signIn:\n  oidc: { issuer: "http://a.test", clientId: x, allowedGroups: [ops] }',
    2,
    'signIn.oidc.issuer',
    { expected: 'an address with https://, or with http:// on this machine' },
  ],
  [
    'a webhook with a weak secret',
    'webhooks: [{ url: "https://a.test", secret: x }]',
    1,
    'webhooks.0.secret',
    { expected: expect.stringContaining('24 random bytes') as unknown as string },
  ],
  [
    'a webhook with a password in its address',
    'webhooks: [{ url: "https://user:canary-password@a.test/hook", secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3A=" }]',
    1,
    'webhooks.0.url',
    { expected: expect.stringContaining('without a user and a password') as unknown as string },
  ],
  [
    'a price of nothing',
    'prices: { openai: { m: { requests: 1 } } }',
    1,
    'prices.openai.m',
    { expected: 'at least one of input, output, characters and audioMinute' },
  ],
  [
    'a price by a mistyped name',
    'prices: { openai: { m: { inptu: 1 } } }',
    1,
    'prices.openai.m.inptu',
    { suggestion: 'input' },
  ],
  [
    'a number without end',
    'plans: { a: { monthlyCredits: .inf } }',
    1,
    'plans.a.monthlyCredits',
    { found: 'Infinity' },
  ],
  ['an unknown provider', 'providers:\n  gemni: {}', 2, 'providers.gemni', { suggestion: 'gemini' }],
  [
    'an unknown provider in a feature',
    'features: { a: { title: A, providers: [opnai] } }',
    1,
    'features.a.providers.0',
    { suggestion: 'openai' },
  ],
  [
    'an unknown provider in a plan',
    'plans: { a: { providers: { antropic: optional } } }',
    1,
    'plans.a.providers.antropic',
    { suggestion: 'anthropic' },
  ],
  [
    'an unknown provider to be like',
    'providers: { x: { like: opena } }',
    1,
    'providers.x.like',
    { suggestion: 'openai' },
  ],
  [
    'an unknown feature in a scope',
    'features: { chat: { title: Chat } }\nplans: { a: { scopes: { s: { title: S, features: [chatt] } } } }',
    2,
    'plans.a.scopes.s.features.0',
    { suggestion: 'chat' },
  ],
  [
    'a scope by the name of the one that is always there',
    'features: { chat: { title: Chat } }\nplans: { a: { scopes: { all: { title: All, features: [chat] } } } }',
    2,
    'plans.a.scopes.all',
    { message: expect.stringContaining('"all"'), expected: expect.stringContaining('always there') },
  ],
  [
    'an unknown feature in a plan',
    'features: { chat: { title: Chat } }\nplans: { a: { features: [cht] } }',
    2,
    'plans.a.features.0',
    { suggestion: 'chat' },
  ],
  [
    'an unknown feature in credits',
    'features: { chat: { title: Chat } }\nplans: { a: { credits: { chta: { ownKey: 1, platformKey: 1 } } } }',
    2,
    'plans.a.credits.chta',
    { suggestion: 'chat' },
  ],
  [
    'a mistyped price',
    'plans: { a: { credits: { ownkey: 1 } } }',
    1,
    'plans.a.credits.ownkey',
    { suggestion: 'ownKey' },
  ],
  [
    'an unknown meter',
    'features: { chat: { title: Chat, meter: messages } }\nplans: { a: { quotas: { mesages: { limit: 1 } } } }',
    2,
    'plans.a.quotas.mesages',
    { suggestion: 'messages' },
  ],
  [
    'an unknown add-on',
    'addOns: { voice: { title: Voice } }\nfeatures: { a: { title: A, addOn: voise } }',
    2,
    'features.a.addOn',
    { suggestion: 'voice' },
  ],
  [
    'an unknown fallback class',
    'plans: { a: { fallback: { when: [invalid_keys] } } }',
    1,
    'plans.a.fallback.when.0',
    { suggestion: 'invalid_key' },
  ],
  [
    'a region that the provider lacks',
    'providers: { openai: { region: europe } }',
    1,
    'providers.openai.region',
    { message: 'OpenAI has no region "europe".' },
  ],
  [
    'an unset variable',
    'providers:\n  openai:\n    platformKey: ${NOT_THERE}',
    3,
    'providers.openai.platformKey',
    { message: 'The environment variable NOT_THERE is not set.' },
  ],
  [
    'a variable that is set and empty',
    'providers: { openai: { platformKey: "${EMPTY}" } }',
    1,
    'providers.openai.platformKey',
    { message: 'The environment variable EMPTY is not set.' },
  ],
  [
    'an unset variable by a name that objects inherit',
    'platform: { name: "${toString}" }',
    1,
    'platform.name',
    { message: 'The environment variable toString is not set.' },
  ],
  [
    'a name that the schema would pass over',
    'plans:\n  __proto__: { byok: always }',
    2,
    '',
    { message: '"__proto__" cannot be used as a name.' },
  ],
  [
    'a name that objects inherit',
    'plans:\n  constructor: { byok: always }',
    2,
    'plans.constructor',
    { message: '"constructor" cannot be used as a name here.' },
  ],
  [
    'such a name as a value',
    'features:\n  chat: { title: Chat, meter: valueOf }',
    2,
    'features.chat.meter',
    { expected: 'a name that is not reserved' },
  ],
  [
    'such a name for a field',
    'plans: { a: { toString: always } }',
    1,
    'plans.a.toString',
    { message: 'There is no field "toString" here.' },
  ],
  ['a variable that has no proper name', 'platform: { name: "${a-b}" }', 1, 'platform.name', {}],
  ['a field that is there twice', 'platform:\n  name: A\n  name: B', 3, '', { message: 'This field is there twice.' }],
  [
    'a provider that is there under two names',
    'providers:\n  gemini: {}\n  google: {}',
    3,
    'providers.google',
    { fix: 'Put both under "gemini".' },
  ],
  [
    'two providers shown under one id',
    'providers:\n  gemini: { as: ai }\n  openai: { as: AI }',
    3,
    'providers.openai.as',
    { found: 'AI' },
  ],
  [
    'an id that is another provider’s',
    'providers: { gemini: { as: openai } }',
    1,
    'providers.gemini.as',
    { found: 'openai' },
  ],
  [
    'a default model that the rules refuse',
    'providers: { gemini: { defaultModel: gemini-3-pro, models: { refuse: [{ match: "gemini-3*", reason: no }] } } }',
    1,
    'providers.gemini.defaultModel',
    { found: 'gemini-3-pro' },
  ],
  [
    'a model of a task that the rules refuse',
    'providers: { gemini: { models: { allow: [a] } } }\nfeatures: { f: { title: F, models: { google: b } } }',
    2,
    'features.f.models.google',
    { expected: 'one of a' },
  ],
  ['bad indentation', 'platform:\n  name: A\n support: B', 3, '', { message: 'The indentation does not fit.' }],
  ['a tab', 'platform:\n\tname: A', 2, '', {}],
  ['an open bracket', 'platform: { locales: [en }\n', 1, '', {}],
  ['an alias without its anchor', 'platform: *nowhere', 1, '', { message: 'This alias has no anchor before it.' }],
  [
    'an alias inside of what it names',
    'platform: &a { name: *a }',
    1,
    '',
    { column: 22, message: 'This alias stands inside the part that it names.' },
  ],
  [
    'an alias deep inside of what it names',
    'plans:\n  a: &a\n    scopes: { x: { features: [y, *a] } }',
    3,
    '',
    { message: 'This alias stands inside the part that it names.' },
  ],
  [
    'a merge of a list',
    'plans:\n  a: &a [x]\n  b:\n    <<: *a',
    4,
    '',
    { column: 5, message: 'Only mappings can be merged by "<<".' },
  ],
  ['a merge of nothing', 'plans: { a: { <<: } }', 1, '', { message: 'Only mappings can be merged by "<<".' }],
  [
    'an unquoted variable in braces',
    'providers: { openai: { platformKey: ${OPENAI_API_KEY} } }',
    1,
    '',
    { fix: 'Put "${…}" in quotation marks inside { } and [ ].' },
  ],
  [
    'aliases that multiply',
    `a: &a [x, x, x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*b, *b, *b, *b, *b, *b, *b, *b, *b]`,
    1,
    '',
    { message: 'The aliases of this file multiply without end.' },
  ],
  ['two documents', 'platform: {}\n---\nplatform: {}', 2, '', {}],
  ['a list instead of a mapping', '- a', 1, '', { found: 'a list' }],
]

describe('a bad file', () => {
  test.each(mistakes)('%s is told with its place and its mend', (_name, text, line, path, says) => {
    const problems = problemsOf(text, { EMPTY: '' })
    expect(problems[0]).toMatchObject({ file: 'ownkey.yaml', line, path, ...says })
    for (const problem of problems) {
      expect(problem.column).toBeGreaterThan(0)
      expect(problem.expected).not.toBe('')
      expect(problem.fix).not.toBe('')
      expect(formatProblem(problem)).toContain(`ownkey.yaml:${problem.line}:${problem.column}`)
    }
  })

  test('the column is where the field stands', () => {
    expect(problemsOf('platform:\n  locales: [en]\n  suport: x')[0]).toMatchObject({ line: 3, column: 3 })
    expect(problemsOf('plans: { a: { byok: sometimes } }')[0]).toMatchObject({ line: 1, column: 21 })
  })

  test('a mistake in a merged mapping is told where it is written', () => {
    const problems = problemsOf('plans:\n  one: &one\n    byok: nevr\n  two: { <<: *one }')
    expect(problems.map(({ line, path }) => [line, path])).toEqual([
      [3, 'plans.one.byok'],
      [3, 'plans.two.byok'],
    ])
  })

  test('a file that is not there is a problem, not a crash', () => {
    expect(() => loadConfig({ file: '/nowhere/ownkey.yaml', env, catalogue })).toThrow('There is no such file.')
  })
})

test('of one broken place the first mistake is told, not what it does to the lines below', () => {
  const text = 'platform: { name: Acme }\nplans:\n\tbyok: always\n  other:\n    holder: user\n'
  expect(problemsOf(text).map(({ line, fix }) => ({ line, fix }))).toEqual([
    { line: 3, fix: 'Replace the tab by spaces.' },
  ])
  const braces = 'providers:\n  gemini: { platformKey: ${GEMINI_API_KEY} }\n  openai: { title: x }\n'
  expect(problemsOf(braces)).toMatchObject([{ line: 2, fix: 'Put "${…}" in quotation marks inside { } and [ ].' }])
})

describe('an empty file', () => {
  test.each(['', '\n', '# nothing yet\n', '---\n', 'null'])('%j is no configuration', (text) => {
    expect(problemsOf(text)).toMatchObject([{ line: 1, path: '', message: 'There is nothing in this file.' }])
  })

  test('is another thing than one that says that it holds nothing', () => expect(problemsOf('{}')).toEqual([]))
})

describe('the operator’s address of a provider', () => {
  test.each([
    'https://ann:pw@a.test',
    'https://ann@a.test/v1',
    'https://a.test/v1?key=x',
    'https://a.test/?',
    'https://a.test#x',
  ])('%s holds more than a path, which would never be sent', (address) => {
    const [found, ...others] = problemsOf(`providers: { openai: { baseUrl: "${address}" } }`)
    expect(others).toEqual([])
    expect(found).toMatchObject({
      path: 'providers.openai.baseUrl',
      expected: 'https://host[:port][/path], without a user, a query or a fragment',
    })
    expect(found).not.toHaveProperty('found')
  })

  test.each(['https://a.test', 'http://127.0.0.1:9101/', 'https://a.test/v1/team@eu'])('%s is one', (address) =>
    expect(problemsOf(`providers: { openai: { baseUrl: "${address}" } }`)).toEqual([]),
  )
})

describe('the operator’s address for tokens', () => {
  test.each(['https://ann:pw@a.test/token', 'https://ann@a.test', 'https://a.test/token#x'])(
    '%s holds more than would be sent',
    (address) => {
      const [found, ...others] = problemsOf(`providers: { vertex: { tokenUrl: "${address}" } }`)
      expect(others).toEqual([])
      expect(found).toMatchObject({
        path: 'providers.vertex.tokenUrl',
        expected: 'https://host[:port][/path], without a user or a fragment',
      })
      expect(found).not.toHaveProperty('found')
    },
  )

  test.each(['https://a.test/token', 'http://127.0.0.1:9101/token?audience=ann@a.test'])('%s is one', (address) =>
    expect(problemsOf(`providers: { vertex: { tokenUrl: "${address}" } }`)).toEqual([]),
  )
})

/** Places of names, with a name that nothing has: what is limited or priced there would not be. */
const places: readonly (readonly [path: string, text: string])[] = [
  ['features.chat.addOn', 'features: { chat: { title: Chat, capability: chat, addOn: wrong } }\naddOns: { right: {} }'],
  ['features.chat.models.wrong', 'features: { chat: { title: Chat, capability: chat, models: { wrong: m } } }'],
  ['features.chat.providers.0', 'features: { chat: { title: Chat, capability: chat, providers: [wrong] } }'],
  ['plans.a.features.0', 'plans: { a: { features: [wrong] } }'],
  ['plans.a.addOns.0', 'plans: { a: { addOns: [wrong] } }'],
  ['plans.a.providers.wrong', 'plans: { a: { providers: { wrong: optional } } }'],
  ['plans.a.scopes.s.features.0', 'plans: { a: { scopes: { s: { title: S, features: [wrong] } } } }'],
  ['plans.a.fallback.provider', 'plans: { a: { fallback: { provider: wrong } } }'],
  ['plans.a.fallback.features.wrong', 'plans: { a: { fallback: { features: { wrong: { mode: never } } } } }'],
  ['plans.a.credits.wrong', 'plans: { a: { credits: { wrong: { ownKey: 1, platformKey: 5 } } } }'],
  ['plans.a.credits.features.wrong', 'plans: { a: { credits: { features: { wrong: { ownKey: 1 } } } } }'],
  ['plans.a.quotas.wrong', 'plans: { a: { quotas: { wrong: { limit: 1 } } } }'],
  ['plans.a.caps.0.features.0', 'plans: { a: { caps: [{ limit: 5, features: [wrong] }] } }'],
  ['prices.wrong', 'prices: { wrong: { "*": { input: 1, output: 2 } } }'],
]

test.each(places)('%s has to be a name that is there', (path, text) => {
  expect(problemsOf(text).filter((problem) => problem.path === path)).toMatchObject([{ found: 'wrong' }])
})

test('one mistake is one problem, however many rules it breaks', () => {
  const text = 'plans: { a: { caps: [{ limit: 5, features: ["a wrong name"] }] } }'
  expect(problemsOf(text).map(({ path }) => path)).toEqual(['plans.a.caps.0.features.0'])
})
