/** One price: what a provider charges for a model, from a day on. */
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
  tiers?: readonly PriceTier[] | undefined
  /** Per 1 000 characters. */
  characters?: number | undefined
  /** Per minute of audio, billed by the second. */
  audioMinute?: number | undefined
  /** Per 1 000 requests, beside what is counted. */
  requests?: number | undefined
  /** The first day (UTC, `YYYY-MM-DD`) on which this price holds; absent: always. */
  from?: string | undefined
  /** The day on which the source was read. */
  seen?: string | undefined
}

export interface PriceTier {
  above: number
  input?: number | undefined
  output?: number | undefined
  cacheRead?: number | undefined
  cacheWrite?: number | undefined
}
