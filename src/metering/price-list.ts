/**
 * What providers charge, as published on the day named in `seen`. Rows are looked through from top to bottom, so exact
 * names stand before patterns. A model that is not here is unpriced; the operator can add it in the configuration.
 */
export interface PriceRow {
  provider: string
  /** A model's id, or a pattern with `*`. */
  model: string
  currency: string
  /** Per million tokens. `input` is for tokens that were not read from or written to a cache. */
  input?: number | undefined
  output?: number | undefined
  cacheRead?: number | undefined
  cacheWrite?: number | undefined
  /** Prices for requests whose whole prompt is longer than `above` tokens; ascending. */
  tiers?: readonly Tier[] | undefined
  /** Per 1 000 characters. */
  characters?: number | undefined
  /** Per minute of audio, billed by the second. */
  audioMinute?: number | undefined
  /** The first day (UTC, `YYYY-MM-DD`) on which this price holds; absent: always. */
  from?: string | undefined
  /** The day on which the source was read. */
  seen?: string | undefined
}

interface Tier {
  above: number
  input: number
  output: number
  cacheRead?: number | undefined
  cacheWrite?: number | undefined
}

type Entry = readonly [model: string, input: number, output: number, more?: Partial<PriceRow>]

function tokens(
  provider: string,
  common: Pick<PriceRow, 'seen'> & { currency?: string },
  entries: readonly Entry[],
): PriceRow[] {
  return entries.map(([model, input, output, more]) => ({
    provider,
    model,
    currency: 'USD',
    ...common,
    input,
    output,
    ...more,
  }))
}

/** A model and its dated versions: `gpt-4o` and `gpt-4o-2024-08-06`, but not `gpt-4o-mini`. */
const dated = (model: string) => `${model}-20*`
const withDates = (entries: readonly Entry[]): Entry[] =>
  entries.flatMap(([model, ...rest]): Entry[] => [
    [model, ...rest],
    [dated(model), ...rest],
  ])

export const priceList: readonly PriceRow[] = [
  ...tokens(
    'openai',
    { seen: '2025-11-13' },
    withDates([
      ['gpt-5.1', 1.25, 10, { cacheRead: 0.125 }],
      ['gpt-5', 1.25, 10, { cacheRead: 0.125 }],
      ['gpt-5-mini', 0.25, 2, { cacheRead: 0.025 }],
      ['gpt-5-nano', 0.05, 0.4, { cacheRead: 0.005 }],
      ['gpt-5-pro', 15, 120],
      ['o3', 2, 8, { cacheRead: 0.5, seen: '2025-07-12' }],
      ['o4-mini', 1.1, 4.4, { cacheRead: 0.275, seen: '2025-07-04' }],
      ['gpt-4.1', 2, 8, { cacheRead: 0.5, seen: '2025-07-04' }],
      ['gpt-4.1-mini', 0.4, 1.6, { cacheRead: 0.1, seen: '2025-07-04' }],
      ['gpt-4.1-nano', 0.1, 0.4, { cacheRead: 0.025, seen: '2025-07-04' }],
      ['gpt-4o', 2.5, 10, { cacheRead: 1.25, seen: '2025-07-04' }],
      ['gpt-4o-mini', 0.15, 0.6, { cacheRead: 0.075, seen: '2025-07-04' }],
      ['gpt-3.5-turbo', 0.5, 1.5, { seen: '2025-07-04' }],
    ]),
  ),
  ...tokens(
    'anthropic',
    { seen: '2026-11-10' },
    withDates([
      ['claude-fable-5-2', 8, 40],
      ['claude-opus-5-5', 4, 20],
      ['claude-sonnet-5-5', 2, 10],
      ['claude-haiku-5-5', 0.1, 0.5, { tiers: [{ above: 100_000, input: 0.5, output: 2.5 }] }],
      ['claude-opus-4-8', 5, 25],
      ['claude-haiku-4-5', 1, 5],
    ]),
  ),
  ...tokens('gemini', { seen: '2026-11-10' }, [
    ['gemini-4-argon', 2, 10],
    ['gemini-3.8-flash', 0.75, 3.75],
    ['gemini-3.7-flash', 0.75, 3.75],
    ['gemini-3.6-flash', 0.75, 3.75],
    ['gemini-3.1-flash-lite', 0.25, 1.5],
    ['gemini-2.5-pro', 1.25, 10, { tiers: [{ above: 200_000, input: 2.5, output: 15 }] }],
    ['gemini-2.5-flash', 0.3, 2.5],
  ]),
  ...tokens('sarvam', { seen: '2026-09-20', currency: 'INR' }, [
    ['sarvam-105b', 29.28, 73.2, { cacheRead: 10.98 }],
    ['gemma-4-31b', 36.6, 91.5],
    ['glm-5.3', 126, 396],
  ]),
  ...tokens('mistral', { seen: '2026-11-10' }, [
    ['mistral-large-latest', 0.5, 1.5],
    ['mistral-large-4', 0.7, 2.1],
    ['mistral-medium-latest', 1.5, 7.5],
    ['mistral-small-latest', 0.15, 0.6],
  ]),
  ...tokens('groq', { seen: '2026-11-10' }, [
    ['openai/gpt-oss-120b', 0.15, 0.6],
    ['llama-3.3-70b-versatile', 0.59, 0.79],
  ]),
  ...tokens('deepseek', { seen: '2026-11-10' }, [
    ['deepseek-flash', 0.3, 1.2],
    ['deepseek-v4-pro', 1.32, 3.96],
  ]),
  ...tokens('xai', { seen: '2026-11-10' }, [
    ['grok-4.7', 2, 6, { tiers: [{ above: 200_000, input: 4, output: 12 }] }],
    ['grok-4.6', 2, 6, { tiers: [{ above: 200_000, input: 4, output: 12 }] }],
    ['grok-4.3', 1.25, 2.5],
  ]),
  ...tokens('cohere', { seen: '2026-07-02' }, [
    ['command-a*', 2.5, 10],
    ['command-r7b*', 0.0375, 0.15],
  ]),
  ...tokens('cerebras', { seen: '2026-11-10' }, [
    ['gpt-oss-120b', 0.35, 0.75],
    ['qwen-3.8-27b', 0.99, 1.49],
  ]),
  { provider: 'openai', model: 'text-embedding-3-small', currency: 'USD', input: 0.02, seen: '2025-07-04' },
  { provider: 'openai', model: 'text-embedding-3-large', currency: 'USD', input: 0.13, seen: '2025-07-04' },
  { provider: 'elevenlabs', model: 'eleven_flash_v2_5', currency: 'USD', characters: 0.05, seen: '2026-05-05' },
  { provider: 'elevenlabs', model: 'eleven_multilingual_v2', currency: 'USD', characters: 0.1, seen: '2026-05-19' },
  { provider: 'deepgram', model: 'nova-3*', currency: 'USD', audioMinute: 0.0077, seen: '2026-08-01' },
]
