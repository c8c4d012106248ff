/** Counts of one answer. Tokens and characters are whole numbers ≥ 0; `inputTokens` excludes cache reads and writes. */
export interface Usage extends Counts {
  /** How the answer was served, where that has a price of its own: a service tier, a speed, a place. */
  terms?: readonly string[]
  /** What other models did for the same answer and is billed beside it; in none of the counts here. */
  others?: readonly OtherUsage[]
}

export interface Counts {
  inputTokens?: number
  outputTokens?: number
  cacheReadTokens?: number
  cacheWriteTokens?: number
  /** Part of `outputTokens`, told apart where the provider does. */
  reasoningTokens?: number
  /** Parts of the counts above that may have a price of their own; told where there are any. */
  inputAudioTokens?: number
  inputImageTokens?: number
  outputAudioTokens?: number
  outputImageTokens?: number
  cacheReadAudioTokens?: number
  cacheReadImageTokens?: number
  /** Written to a cache that keeps them for an hour. */
  cacheWriteHourTokens?: number
  characters?: number
  audioSeconds?: number
  /** Searches that the model made and the provider bills; told where there are any. */
  webSearches?: number
  /** What the provider itself says that the answer cost, in US dollars. */
  dollars?: number
}

export interface OtherUsage extends Counts {
  /** Its own, as in `Usage`. */
  terms?: readonly string[]
  model: string
}

/** How the counts stand in an answer: the JSON keys to look for and how to read what follows them. */
export interface UsageReading {
  /** Quoted keys, for instance `"usage"`. In a stream every occurrence is read, and `laterUsage` says what holds. */
  markers: readonly string[]
  /** @param value the parsed JSON value that follows the marker (object or number). */
  read(marker: string, value: unknown): Usage
  /** Counts told by answer headers (ElevenLabs `character-cost`). */
  readHeaders?(headers: Readonly<Record<string, string | undefined>>): Usage
  /** Where an answer says beside its counts how it was served. */
  terms?: TermsReading
  /** The characters told are credits, of which some models take less than one for each: never fewer than the text has. */
  charactersAreCredits?: true
}

/** A field or a header with one word. */
export interface TermsReading {
  /** The field's quoted key. */
  marker?: string
  header?: string
  /** The words for what has the usual price. */
  usual: ReadonlySet<string>
}

/** What a provider takes under some terms, or at some of its hosts: its usual price, times `factor`. */
export interface PriceFactor {
  /** One of `Usage.terms`; absent: whatever they are. */
  term?: string
  host?: RegExp
  /** Absent: all models. */
  model?: RegExp
  factor: number
}
