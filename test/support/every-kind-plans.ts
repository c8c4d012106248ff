/** Price lists and plans for the books of every kind of request: drawn at random, and as the file has them. */
import { decimal } from './books-oracle.ts'
import type { Prices, Rates, Terms } from './every-kind-oracle.ts'
import type { Random } from './random.ts'

export const providers = ['openai', 'anthropic', 'gemini', 'elevenlabs', 'sarvam'] as const
export type ProviderId = (typeof providers)[number]
export const features = {
  assistant: { title: 'Assistant', meter: 'asked' },
  speaking: { title: 'Speaking', capability: 'text_to_speech' },
  listening: { title: 'Listening', capability: 'speech_to_text', addOn: 'ears' },
  talking: { title: 'Talking', capability: 'realtime', meter: 'asked' },
} as const
export type FeatureId = keyof typeof features

/** A price list of its own for each revision of the file. Of seconds and characters every amount is a whole one. */
export function drawPrices({ whole, pick, next }: Random, day: string): Prices {
  /** In millionths of the unit. */
  const rate = (most: number) => BigInt(whole(0, most)) * 1_000_000n
  const tokens = (): Rates => ({
    currency: pick(['USD', 'EUR']),
    input: rate(4_000_000),
    output: rate(20_000_000),
    ...(next() < 0.7 && { cacheRead: rate(400_000) }),
    ...(next() < 0.7 && { cacheWrite: rate(5_000_000), cacheWriteHour: rate(8_000_000) }),
    ...(next() < 0.7 && { inputAudio: rate(30_000_000), outputAudio: rate(60_000_000) }),
    ...(next() < 0.3 && { requests: rate(10_000) }),
  })
  const speech = (currency: string): Rates => ({
    currency,
    characters: rate(300_000),
    audioMinute: 60n * rate(10_000),
  })
  /** A new price of one model, from a day around today on. */
  const later = () => ({
    ...tokens(),
    from: new Date(Date.parse(day) + whole(-2, 40) * 86_400_000).toISOString().slice(0, 10),
  })
  return {
    openai: { ...(next() < 0.5 && { 'm-chat': later() }), 'm-*': tokens() },
    anthropic: { ...(next() < 0.5 && { 'm-claude': later() }), 'm-*': tokens() },
    gemini: { 'm-*': tokens() },
    elevenlabs: { 'm-*': speech('USD') },
    sarvam: { 'm-*': speech('INR') },
  }
}

export function drawTerms({ whole, pick, next }: Random): Terms {
  return {
    monthlyCredits: pick([0, 40, 200]),
    credits: Object.fromEntries(
      Object.keys(features).map((id) => [id, { ownKey: whole(0, 2), platformKey: whole(1, 9) }]),
    ),
    quota: { limit: whole(10, 60), per: pick(['day', 'month']), ownKeyExempt: next() < 0.5 },
  }
}

const unitsOf = (value: bigint | string) => (typeof value === 'bigint' ? Number(decimal(value)) : value)
export const pricesInFile = (prices: Prices) =>
  Object.fromEntries(
    Object.entries(prices).map(([provider, models]) => [
      provider,
      Object.fromEntries(
        Object.entries(models).map(([model, rates]) => [
          model,
          Object.fromEntries(Object.entries(rates).map(([name, value]) => [name, unitsOf(value)])),
        ]),
      ),
    ]),
  )
