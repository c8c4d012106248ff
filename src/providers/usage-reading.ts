/** Counts of one answer. Tokens and characters are whole numbers ≥ 0; `inputTokens` excludes cache reads and writes. */
export interface Usage {
  inputTokens?: number
  outputTokens?: number
  cacheReadTokens?: number
  cacheWriteTokens?: number
  /** Part of `outputTokens`, told apart where the provider does. */
  reasoningTokens?: number
  characters?: number
  audioSeconds?: number
}

/** How the counts stand in an answer: the JSON keys to look for and how to read what follows them. */
export interface UsageReading {
  /** Quoted keys, for instance `"usage"`. In a stream every occurrence is read and later fields win. */
  markers: readonly string[]
  /** @param value the parsed JSON value that follows the marker (object or number). */
  read(marker: string, value: unknown): Usage
  /** Counts told by answer headers (ElevenLabs `character-cost`). */
  readHeaders?(headers: Readonly<Record<string, string | undefined>>): Usage
}
