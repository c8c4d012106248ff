import { describe, expect, test, vi } from 'vitest'
import { findProvider, publishedPrices, type Usage } from '../providers/index.ts'
import { createPrices } from './prices.ts'

const at = Date.UTC(2026, 10, 20)
const prices = createPrices()
const price = (provider: string, model: string, usage: Usage) => prices({ provider, model, usage, at })

describe('a price', () => {
  test('is exact, in millionths of a millionth of the currency', () => {
    expect(price('gemini', 'gemini-2.5-flash', { inputTokens: 1_000, outputTokens: 200 })).toEqual({
      costPico: 1_000 * 300_000 + 200 * 2_500_000,
      currency: 'USD',
    })
    expect(price('cohere', 'command-r7b-12-2024', { inputTokens: 1, outputTokens: 0 })).toEqual({
      costPico: 37_500,
      currency: 'USD',
    })
  })

  test('has the currency of its provider', () => {
    expect(price('sarvam', 'sarvam-105b', { inputTokens: 10, cacheReadTokens: 10, outputTokens: 1 })).toEqual({
      costPico: 292_800_000 + 109_800_000 + 73_200_000,
      currency: 'INR',
    })
  })

  test('of what is free is 0, in the currency in which its provider’s answers are priced', () => {
    const free = (provider: string, priced = prices) => priced({ provider, usage: {}, isFree: true, at })
    expect(free('openai')).toEqual({ costPico: 0, currency: 'USD' })
    expect(free('sarvam')).toEqual({ costPico: 0, currency: 'INR' })
    const overridden = createPrices({ sarvam: { '*': { currency: 'EUR', input: 1 } } })
    expect([free('sarvam', overridden)?.currency, free('xai', overridden)?.currency]).toEqual(['EUR', 'USD'])
  })

  test('rises for the whole request when its prompt is long, cached tokens included', () => {
    const short = price('gemini', 'gemini-2.5-pro', { inputTokens: 200_000, outputTokens: 1 })
    const long = price('gemini', 'gemini-2.5-pro', { inputTokens: 1, cacheReadTokens: 200_000, outputTokens: 1 })
    expect(short?.costPico).toBe(200_000 * 1_250_000 + 10_000_000)
    expect(long?.costPico).toBe(2_500_000 + 200_000 * 250_000 + 15_000_000)
  })

  test('is by characters or by audio where the provider bills so, whatever else it counts', () => {
    expect(price('elevenlabs', 'eleven_flash_v2_5', { characters: 250 })?.costPico).toBe(12_500_000_000)
    expect(price('deepgram', 'nova-3', { audioSeconds: 90, inputTokens: 4 })?.costPico).toBe(11_550_000_000)
  })

  test('is that of sound, pictures and hour-long caches where they have one, and of text for the rest', () => {
    const audio = { inputTokens: 100, inputAudioTokens: 90, outputTokens: 50, outputAudioTokens: 40 }
    expect(price('openai', 'gpt-realtime', audio)?.costPico).toBe(
      10 * 4_000_000 + 90 * 32_000_000 + 10 * 16_000_000 + 40 * 64_000_000,
    )
    const picture = { inputTokens: 10, inputImageTokens: 9, outputTokens: 1_300, outputImageTokens: 1_290 }
    expect(price('gemini', 'gemini-2.5-flash-image', picture)?.costPico).toBe(
      10 * 300_000 + 10 * 2_500_000 + 1_290 * 30_000_000,
    )
    const cached = { cacheReadTokens: 10, cacheReadAudioTokens: 4, cacheReadImageTokens: 3 }
    expect(price('openai', 'gpt-realtime', cached)?.costPico).toBe(3 * 400_000 + 4 * 400_000 + 3 * 500_000)
    const written = { inputTokens: 0, cacheWriteTokens: 10, cacheWriteHourTokens: 4 }
    expect(price('anthropic', 'claude-opus-4-6', written)?.costPico).toBe(6 * 6_250_000 + 4 * 10_000_000)
    // Above a tier's start it is the tier's.
    const long = { inputTokens: 200_001, cacheWriteTokens: 10, cacheWriteHourTokens: 10 }
    expect(price('anthropic', 'claude-sonnet-4-5', long)?.costPico).toBe(200_001 * 6_000_000 + 10 * 12_000_000)
    // A part that is more than the whole is the whole.
    expect(price('openai', 'gpt-realtime', { outputTokens: 2, outputAudioTokens: 9 })?.costPico).toBe(2 * 64_000_000)
  })

  test('has the searches in it that a model made, and is unknown where they have no price', () => {
    const searched = { inputTokens: 1, webSearches: 3 }
    expect(price('anthropic', 'claude-opus-4-6', searched)?.costPico).toBe(5_000_000 + 3 * 10_000_000_000)
    expect(price('anthropic', 'claude-haiku-5-5', searched)?.costPico).toBe(100_000 + 3 * 10_000_000_000)
    expect(price('mistral', 'mistral-large-4', searched)).toBeUndefined()
  })

  test.each([
    ['openai', 'gpt-5.2', ['flex'], 0.5],
    ['openai', 'gpt-5.2-2025-12-11', ['priority'], 2],
    ['openai', 'gpt-5.6-sol', ['fast'], 2],
    ['openai', 'gpt-5.5', ['priority'], 2.5],
    ['openai', 'gpt-5-mini', ['priority'], 1.8],
    ['openai', 'gpt-4.1-mini', ['priority'], 1.75],
    ['openai', 'gpt-5.2', ['batch'], 0.5],
    ['azure-openai', 'gpt-5.2', ['batch'], 0.5],
    ['anthropic', 'claude-opus-4-6', ['batch'], 0.5],
    ['gemini', 'gemini-2.5-pro', ['batch'], 0.5],
    ['mistral', 'mistral-large-latest', ['batch'], 0.5],
    ['anthropic', 'claude-opus-4-6', ['fast', 'in_us'], 6.6],
    ['anthropic', 'claude-opus-4-8', ['fast'], 2],
    ['gemini', 'gemini-2.5-pro', ['priority'], 1.8],
    ['vertex', 'gemini-2.5-pro', ['on_demand_flex'], 0.5],
    ['deepgram', 'nova-3', ['streaming'], 0.0048 / 0.0077],
    ['deepgram', 'flux-general-multi', ['streaming'], 1],
    // Nobody has said what these cost.
    ['openai', 'gpt-4.1-nano', ['priority'], undefined],
    ['openai', 'gpt-5.2', ['ultrafast'], undefined],
    ['anthropic', 'claude-haiku-4-5', ['fast'], undefined],
    ['anthropic', 'claude-haiku-4-5', ['in_eu'], undefined],
    ['vertex', 'gemini-2.5-pro', ['provisioned_throughput'], undefined],
    ['groq', 'llama-3.3-70b-versatile', ['flex'], undefined],
    ['groq', 'llama-3.3-70b-versatile', ['batch'], undefined],
    ['xai', 'grok-4.3', ['batch'], undefined],
  ])('of %s’ %s served as %j is %s times the usual one', (provider, model, terms, factor) => {
    const usage = provider === 'deepgram' ? { audioSeconds: 60 } : { inputTokens: 1_000_000, outputTokens: 0 }
    const usual = price(provider, model, usage)?.costPico as number
    expect(usual).toBeGreaterThan(0)
    const cost = price(provider, model, { ...usage, terms })?.costPico
    if (factor === undefined) expect(cost).toBeUndefined()
    else expect(cost).toBe(Math.round(usual * factor))
  })

  test('rises on a regional host for the models that cost more there', () => {
    const usage = { inputTokens: 100_000 }
    const on = (host: string, model: string, terms?: string[]) =>
      prices({ provider: 'openai', model, host, at, usage: { ...usage, ...(terms && { terms }) } })?.costPico
    expect(on('eu.api.openai.com', 'gpt-5.4')).toBe(0.275e12)
    expect(on('eu.api.openai.com', 'gpt-5.4', ['flex'])).toBe(0.1375e12)
    expect(on('eu.api.openai.com', 'gpt-5.2')).toBe(0.175e12)
    expect(on('api.openai.com', 'gpt-5.4')).toBe(0.25e12)
  })

  test('of the operator, or told by the provider, is what it is however the answer was served', () => {
    const own = createPrices({ openai: { 'gpt-5.4': { currency: 'USD', input: 1 } } })
    const usage = { inputTokens: 1_000_000, terms: ['ultrafast'] }
    expect(own({ provider: 'openai', model: 'gpt-5.4', usage, at, host: 'eu.api.openai.com' })?.costPico).toBe(1e12)
    expect(price('openrouter', 'x', { dollars: 1, terms: ['priority'] })?.costPico).toBe(1e12)
  })

  test('holds for dated versions of a model and not for another one of a similar name', () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0 }
    expect(price('openai', 'gpt-4o-2024-08-06', usage)?.costPico).toBe(2.5e12)
    expect(price('openai', 'gpt-4o-mini', usage)?.costPico).toBe(0.15e12)
  })

  test('is unknown, not zero, for an unknown model, provider or count', () => {
    expect(price('openai', 'gpt-99', { inputTokens: 1 })).toBeUndefined()
    expect(price('nobody', 'gpt-4o', { inputTokens: 1 })).toBeUndefined()
    expect(price('openai', 'gpt-4o', {})).toBeUndefined()
    expect(price('openai', 'gpt-4o', { audioSeconds: 10 })).toBeUndefined()
    expect(prices({ provider: 'openai', usage: { inputTokens: 1 }, at })).toBeUndefined()
  })

  test('of a provider that is like another has no price of that other', () => {
    expect(price('my-openai', 'gpt-4o', { inputTokens: 1 })).toBeUndefined()
  })

  test('changes with the hour where the provider charges by the hour', () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0 }
    const hours = Array.from({ length: 24 }, (_, hour) => Date.UTC(2026, 10, 20, hour, 30))
    const costs = hours.map(
      (hour) => prices({ provider: 'deepseek', model: 'deepseek-v4-pro', usage, at: hour })?.costPico,
    )
    expect(new Set(costs).size).toBe(2)
    expect(costs).not.toContain(undefined)
  })

  test('counts each request where the provider charges for that too', () => {
    const cost = price('perplexity', 'sonar', { inputTokens: 1_000_000, outputTokens: 0 })
    expect(cost?.costPico).toBe(1e12 + 12e9)
  })

  test('is by the hour of audio where the catalogue says so', () => {
    expect(price('openai', 'whisper-1', { audioSeconds: 60 })?.costPico).toBe(6e9)
  })

  test('is found without the network', () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const usage = { inputTokens: 10, outputTokens: 10 }
    const first = price('anthropic', 'claude-opus-4-8', usage)
    for (let i = 0; i < 1_000; i++) expect(price('anthropic', 'claude-opus-4-8', usage)).toEqual(first)
    expect(fetched).not.toHaveBeenCalled()
    fetched.mockRestore()
  })

  test('of the operator goes first, by pattern and from its day on', () => {
    const own = createPrices({
      openai: {
        'gpt-99*': { currency: 'EUR', input: 1, output: 2, from: '2026-11-01' },
        'gpt-4o': { currency: 'EUR', input: 7, output: 7 },
      },
    })
    const usage = { inputTokens: 1_000_000 }
    expect(own({ provider: 'openai', model: 'gpt-99-turbo', usage, at })).toEqual({ costPico: 1e12, currency: 'EUR' })
    expect(own({ provider: 'openai', model: 'gpt-99-turbo', usage, at: Date.UTC(2026, 9, 31) })).toBeUndefined()
    expect(own({ provider: 'openai', model: 'gpt-4o', usage, at })?.currency).toBe('EUR')
    expect(own({ provider: 'openai', model: 'gpt-4o-mini', usage, at })?.currency).toBe('USD')
    const heard = createPrices({ openai: { 'gpt-realtime': { currency: 'USD', input: 1, inputAudio: 5 } } })
    const sound = { inputTokens: 10, inputAudioTokens: 4 }
    expect(heard({ provider: 'openai', model: 'gpt-realtime', usage: sound, at })?.costPico).toBe(26_000_000)
  })

  test('is what the provider itself says, unless the operator has set one', () => {
    const usage = { inputTokens: 1_000_000, dollars: 0.000125 }
    expect(price('openrouter', 'nobody/knows-it', usage)).toEqual({ costPico: 125_000_000, currency: 'USD' })
    expect(price('perplexity', 'sonar', usage)).toEqual({ costPico: 125_000_000, currency: 'USD' })
    const own = createPrices({ openrouter: { '*': { currency: 'EUR', input: 3 } } })
    expect(own({ provider: 'openrouter', model: 'x', usage, at })).toEqual({ costPico: 3e12, currency: 'EUR' })
    expect(price('openrouter', 'x', { dollars: 0 })).toEqual({ costPico: 0, currency: 'USD' })
    expect(price('openrouter', 'x', { dollars: 1e30 })?.costPico).toBe(9e18)
  })

  test('has that of other models’ work in it, each at its own, and is unknown where one of them is', () => {
    const main = { inputTokens: 1_000, outputTokens: 10 }
    const advised = { model: 'claude-opus-4-8', inputTokens: 900, outputTokens: 80 }
    const cost = (usage: Usage) => price('anthropic', 'claude-haiku-4-5', usage)?.costPico as number
    const alone = price('anthropic', 'claude-opus-4-8', { inputTokens: 900, outputTokens: 80 })?.costPico as number
    expect(cost({ ...main, others: [advised, advised] })).toBe(cost(main) + 2 * alone)
    expect(cost({ ...main, others: [{ ...advised, model: 'nobody-knows' }] })).toBeUndefined()
  })

  test('of an absurd amount stays a whole number that can be stored', () => {
    const cost = price('openai', 'gpt-5-pro', { inputTokens: 1e15, outputTokens: 1e15 })
    expect(cost?.costPico).toBe(9e18)
  })

  test('of a currency of small units is not cut short', () => {
    const rupiah = createPrices({ openai: { 'gpt-*': { currency: 'IDR', input: 40_000, output: 160_000 } } })
    const usage = { inputTokens: 300_000, outputTokens: 10_000 }
    expect(rupiah({ provider: 'openai', model: 'gpt-5', usage, at })).toEqual({ costPico: 13_600e12, currency: 'IDR' })
  })
})

test('the list names only providers of the catalogue, days that are days, and prices that are positive', () => {
  for (const row of publishedPrices) {
    expect(findProvider(row.provider)?.id, row.provider).toBe(row.provider)
    expect(row.seen).toMatch(/^20\d\d-\d\d-\d\d$/)
    for (const rate of [row.input, row.output, row.cacheRead, row.characters, row.audioMinute])
      if (rate !== undefined) expect(rate).toBeGreaterThan(0)
  }
})
