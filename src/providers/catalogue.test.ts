import { describe, expect, it } from 'vitest'
import { capabilities, dialects } from '../contract/index.ts'
import { catalogue, findProvider } from './catalogue.ts'
import { openaiCompatible } from './custom-endpoint.ts'
import { type OpenaiRoute, openaiRoutes, type Probe, type Provider } from './provider.ts'

const everyProvider: readonly Provider[] = [
  ...catalogue,
  openaiCompatible({ id: 'own', name: 'Own', origin: 'https://own.test' }),
]

/** Long inputs that make careless expressions backtrack: repetitions, separators, almost-matches. */
const hostile = ['/v1', '/v1/', '/', 'a', '/a', ':', '/models/a', '/chat', '%2f', 'sk-', 'a.'].flatMap((piece) => [
  piece.repeat(20_000),
  `${piece.repeat(20_000)}!`,
])

function probesOf({ probes }: Provider): Probe[] {
  return [probes.authenticate, ...Object.values(probes.can ?? {})]
}

describe('the catalogue', () => {
  it('has the twenty providers, each found by its id and aliases, and no name twice', () => {
    const names = catalogue.flatMap((provider) => [provider.id, ...(provider.aliases ?? [])])
    expect(catalogue).toHaveLength(20)
    expect(new Set(names).size).toBe(names.length)
    for (const provider of catalogue) {
      for (const name of [provider.id, ...(provider.aliases ?? [])]) {
        expect(name).toMatch(/^[a-z0-9][a-z0-9-]*$/)
        expect(findProvider(name.toUpperCase())).toBe(provider)
      }
    }
    expect(findProvider('nobody')).toBeUndefined()
    expect(findProvider('__proto__')).toBeUndefined()
  })

  it('calls Claude’s and Google’s providers by their other names too', () => {
    expect(findProvider('claude')?.id).toBe('anthropic')
    expect(findProvider('google')?.id).toBe('gemini')
  })
})

describe.each(everyProvider.map((provider) => [provider.id, provider] as const))('%s', (_id, provider) => {
  it('has https origins without path, and words that the contract knows', () => {
    const sockets = (provider.realtime ?? []).flatMap((route) => [route.origin, ...Object.values(route.regions ?? {})])
    for (const origin of [provider.origin, ...Object.values(provider.regions ?? {}), ...sockets]) {
      if (origin !== undefined) expect(new URL(origin).origin).toBe(origin)
      if (origin !== undefined) expect(origin).toMatch(/^https:\/\//)
    }
    expect(provider.origin === undefined).toBe(provider.needsBaseUrl === true)
    expect(dialects).toContain(provider.dialect)
    for (const capability of provider.capabilities) expect(capabilities).toContain(capability)
    if (provider.keyPage !== '') expect(new URL(provider.keyPage).protocol).toBe('https:')
    expect(Object.keys(provider.keyNeeds).length).toBeGreaterThan(0)
  })

  it('has default models that it lists, for capabilities that it has', () => {
    for (const [capability, id] of Object.entries(provider.defaultModels)) {
      const model = provider.models.find((candidate) => candidate.id === id)
      expect(model?.capabilities).toContain(capability)
    }
    for (const model of provider.models)
      for (const capability of model.capabilities) expect(provider.capabilities).toContain(capability)
    expect(new Set(provider.models.map(({ id }) => id)).size).toBe(provider.models.length)
  })

  it('sends one credential header, in lower case, and no secret in an address', () => {
    const placement = provider.credential('/v1/models')
    expect(placement.header).toMatch(/^[a-z][a-z-]*$/)
    for (const probe of probesOf(provider)) expect(probe.path).not.toMatch(/[?&](key|api-key|token|access_token)=/i)
  })

  it('has probes that are honest requests: known routes, no credential of their own', () => {
    for (const probe of probesOf(provider)) {
      expect(probe.path).toMatch(/^\/[\w\-./:?=&{}]*$/)
      expect(probe.method === 'GET' ? probe.body : 'none').toBe(probe.method === 'GET' ? undefined : 'none')
      const names = Object.keys(probe.headers ?? {})
      expect(names).not.toContain(provider.credential(probe.path).header)
      const path = probe.path.split('?')[0]?.replace('{model}', 'model-1') ?? ''
      const known = provider.surfaces.some(
        (surface) => (surface.method ?? probe.method) === probe.method && surface.path.test(path),
      )
      expect(known || probe.path.startsWith('/v2/transcript')).toBe(true)
    }
    for (const capability of Object.keys(provider.probes.can ?? {})) expect(provider.capabilities).toContain(capability)
  })

  it('has expressions that are anchored and do not backtrack', () => {
    const paths = [...provider.surfaces.map(({ path }) => path), ...(provider.realtime ?? []).map(({ path }) => path)]
    for (const pattern of paths) expect(pattern.source).toMatch(/^\^.*\$$/)
    for (const { pattern } of provider.keyShapes) expect(pattern.source.startsWith('^')).toBe(true)
    for (const pattern of [...paths, ...provider.keyShapes.map(({ pattern }) => pattern)]) {
      expect(pattern.flags).not.toMatch(/[gy]/)
      // Backtracking over these would take minutes: the test would not end in its time.
      for (const text of hostile) expect(pattern.test(text)).toBeTypeOf('boolean')
    }
  })

  it('says where the model stands wherever it stands in the path', () => {
    for (const surface of provider.surfaces) {
      expect(surface.path.source.includes('(?<model>')).toBe(surface.model === 'path')
      expect(surface.textField === undefined || surface.meters === 'characters' || surface.meters === 'none').toBe(true)
    }
  })

  it('hands on no header that names an account, a cookie or a server', () => {
    for (const name of provider.answerHeaders ?? []) {
      expect(name).toMatch(/^[a-z][a-z0-9_-]*\*?$/)
      expect(name).not.toMatch(/cookie|organization|workspace|^server$|^cf-|^x-\*|^via/)
    }
  })

  it('reads masked prefixes from its own shapes', () => {
    for (const { pattern, prefix } of provider.keyShapes) expect(pattern.source.replaceAll('\\', '')).toContain(prefix)
  })

  it('offers the one-dialect routes that it has surfaces for', () => {
    for (const route of provider.openai?.routes ?? ([] as OpenaiRoute[])) {
      expect(openaiRoutes).toContain(route)
      const path = `${provider.openai?.base}/${route}`
      const method = route === 'models' ? 'GET' : 'POST'
      expect(
        provider.surfaces.some((surface) => (surface.method ?? method) === method && surface.path.test(path)),
      ).toBe(true)
    }
  })
})

describe('keys that name their provider', () => {
  const letters = 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2W3x4Y5z6'
  it.each([
    ['openai', `sk-proj-${letters}T3BlbkFJ${letters}`],
    ['anthropic', `sk-ant-api03-${letters.slice(0, 46)}${letters.slice(0, 47)}AA`],
    ['gemini', `AIza${letters.slice(0, 35)}`],
    ['gemini', `AQ.${letters}`],
    ['elevenlabs', `sk_${'0123456789abcdef'.repeat(3)}`],
    ['groq', `gsk_${letters.slice(0, 52)}`],
    ['openrouter', `sk-or-v1-${'0123456789abcdef'.repeat(4)}`],
    ['perplexity', `pplx-${letters.slice(0, 48)}`],
    ['xai', `xai-${`${letters}${letters}`.slice(0, 80)}`],
  ] as const)('are recognised as those of %s alone', (id, key) => {
    const named = catalogue.filter(({ keyShapes }) =>
      keyShapes.some(({ pattern, distinctive }) => distinctive && pattern.test(key)),
    )
    expect(named.map((provider) => provider.id)).toEqual([id])
  })
})

describe('the models that are listed', () => {
  it('are some for every provider whose models are not its customers’ own deployments', () => {
    expect(catalogue.filter(({ models }) => models.length === 0).map(({ id }) => id)).toEqual(['azure-openai'])
  })
  it('have names that no other provider’s id or alias begins: `gemini/…` and `google/…` name a provider', () => {
    for (const { id, models } of catalogue)
      for (const model of models) {
        const begins = findProvider(model.id.split('/')[0] as string)
        const names = model.id.includes('/') && begins !== undefined && begins.id !== id
        // Groq lists OpenAI's open models under OpenAI's name, as Groq does.
        expect(names && id !== 'groq', model.id).toBe(false)
      }
  })
})
