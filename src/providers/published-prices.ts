/** A price as its provider published it; money of one currency. */
export interface PublishedPrice {
  provider: string
  /** A model's id, or a pattern with `*`. */
  model: string
  currency: string
  /** Per million tokens. `input` is for tokens that were not read from or written to a cache. */
  input?: number
  output?: number
  cacheRead?: number
  /** Prices for requests whose whole prompt is longer than `above` tokens; ascending. */
  tiers?: readonly { above: number; input: number; output: number }[]
  /** Per 1 000 characters. */
  characters?: number
  /** Per minute of audio, billed by the second. */
  audioMinute?: number
  /** Per 1 000 searches that a model made. */
  webSearches?: number
  /** The day on which the source was read (`YYYY-MM-DD`). */
  seen?: string
}

const usd = { currency: 'USD' }
/** Anthropic's, the same with every model. */
const searches = { webSearches: 10 }
const inr = { currency: 'INR', seen: '2026-09-20' }

/**
 * What the maintained catalogue lacks: providers it does not have, speech, and the newest models; as
 * published on the day named in `seen`. A row is used only where the catalogue has no price for the model. What is in
 * neither is unpriced; the operator can add it in the configuration.
 */
export const publishedPrices: readonly PublishedPrice[] = [
  { provider: 'anthropic', model: 'claude-fable-5-2*', ...usd, input: 8, output: 40, ...searches, seen: '2026-11-10' },
  {
    provider: 'anthropic',
    model: 'claude-haiku-5-5*',
    ...usd,
    input: 0.1,
    output: 0.5,
    tiers: [{ above: 100_000, input: 0.5, output: 2.5 }],
    ...searches,
    seen: '2026-11-10',
  },
  { provider: 'gemini', model: 'gemini-4-argon', ...usd, input: 2, output: 10, seen: '2026-11-10' },
  { provider: 'mistral', model: 'mistral-large-4', ...usd, input: 0.7, output: 2.1, seen: '2026-11-10' },
  { provider: 'deepseek', model: 'deepseek-flash', ...usd, input: 0.3, output: 1.2, seen: '2026-11-10' },
  {
    provider: 'xai',
    model: 'grok-4.7',
    ...usd,
    input: 2,
    output: 6,
    tiers: [{ above: 200_000, input: 4, output: 12 }],
    seen: '2026-11-10',
  },
  { provider: 'cerebras', model: 'qwen-3.8-27b', ...usd, input: 0.99, output: 1.49, seen: '2026-11-10' },
  { provider: 'sarvam', model: 'sarvam-105b', ...inr, input: 29.28, output: 73.2, cacheRead: 10.98 },
  { provider: 'sarvam', model: 'gemma-4-31b', ...inr, input: 36.6, output: 91.5 },
  { provider: 'sarvam', model: 'glm-5.3', ...inr, input: 126, output: 396 },
  { provider: 'sarvam', model: 'bulbul:v3', ...inr, characters: 3 },
  { provider: 'sarvam', model: 'sarvam-translate:v1', ...inr, characters: 2 },
  // With several speakers told apart it is half as much again, which no answer tells.
  { provider: 'sarvam', model: 'saaras:v4', ...inr, audioMinute: 0.5 },
  { provider: 'sarvam', model: 'saaras:v3', ...inr, audioMinute: 0.5 },
  { provider: 'elevenlabs', model: 'eleven_flash_v2_5', ...usd, characters: 0.05, seen: '2026-05-05' },
  { provider: 'elevenlabs', model: 'eleven_multilingual_v2', ...usd, characters: 0.1, seen: '2026-05-19' },
  { provider: 'deepgram', model: 'nova-3*', ...usd, audioMinute: 0.0077, seen: '2026-08-01' },
  { provider: 'deepgram', model: 'flux-general-multi', ...usd, audioMinute: 0.0078, seen: '2026-11-04' },
]
