/** What is billed by the token, per million. */
export interface TokenRates {
  /** For tokens that were neither read from nor written to a cache. */
  input?: number | undefined
  output?: number | undefined
  /** Absent: as `input`. */
  cacheRead?: number | undefined
  cacheWrite?: number | undefined
  /** Of tokens that are no text; absent: as the others of their kind. */
  inputAudio?: number | undefined
  inputImage?: number | undefined
  outputAudio?: number | undefined
  outputImage?: number | undefined
  cacheReadAudio?: number | undefined
  cacheReadImage?: number | undefined
  /** Of a cache that keeps them for an hour; absent: as `cacheWrite`. */
  cacheWriteHour?: number | undefined
}

/** One price: what a provider charges for a model, from a day on. */
export interface PriceRow extends TokenRates {
  provider: string
  /** A model's id, or a pattern with `*`. */
  model: string
  currency: string
  /** Prices for requests whose whole prompt is longer than `above` tokens; ascending. */
  tiers?: readonly PriceTier[] | undefined
  /** Per 1 000 characters. */
  characters?: number | undefined
  /** Per minute of audio, billed by the second. */
  audioMinute?: number | undefined
  /** Per 1 000 requests, beside what is counted. */
  requests?: number | undefined
  /** Per 1 000 searches that a model made. */
  webSearches?: number | undefined
  /** The first day (UTC, `YYYY-MM-DD`) on which this price holds; absent: always. */
  from?: string | undefined
  /** The day on which the source was read. */
  seen?: string | undefined
}

export interface PriceTier extends TokenRates {
  above: number
}
