import type { Effort } from '../chat/chat.ts'

/** Models that think by a budget of tokens; later ones by level. */
const byBudget = /^(?:models\/)?gemini-(?:1|2)[.-]/

/** The budgets that Google's own OpenAI-compatible API gives the same words. */
const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}
/** These models cannot stop thinking altogether: their least is `minimal`. */
const levels: Readonly<Record<Effort, string>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/** Undefined: the model's own default. Whoever asks for reasoning also wants to read its summary. */
export function thinkingConfig(effort: Effort | undefined, model: string): Record<string, unknown> | undefined {
  if (effort === undefined) return undefined
  const thoughts = effort === 'none' ? {} : { includeThoughts: true }
  return byBudget.test(model)
    ? { thinkingBudget: budgets[effort], ...thoughts }
    : { thinkingLevel: levels[effort], ...thoughts }
}

/**
 * Later models refuse a call of theirs that comes back without the signature of the thought behind it. A caller that did
 * not keep it, or whose call was made by another provider, sends the mark that Google accepts in its place.
 */
export function missingSignature(model: string): string | undefined {
  return byBudget.test(model) ? undefined : 'skip_thought_signature_validator'
}
