import type { Effort } from '../chat/chat.ts'

/** Models that think by a budget of tokens; later ones by level. */
const byBudget = /(?:^|\/)gemini-(?:1|2)[.-]/
/** These cannot stop thinking altogether, and take no smaller budget. */
const alwaysThinks = /(?:^|\/)gemini-2\.5-pro/
const leastBudget = 128
/** Those by level whose least is `MINIMAL`; of others it is `LOW` (Google's and LiteLLM's tables, read 2026-11). */
const thinksMinimally = /(?:^|\/)gemini-3(?:\.[0-6])?-flash/

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
/** These models cannot stop thinking altogether, either. */
const levels: Readonly<Record<Exclude<Effort, 'none' | 'minimal'>, string>> = {
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
    ? { thinkingBudget: budgetOf(effort, model), ...thoughts }
    : { thinkingLevel: levelOf(effort, model), ...thoughts }
}

function budgetOf(effort: Effort, model: string): number {
  return effort === 'none' && alwaysThinks.test(model) ? leastBudget : budgets[effort]
}

function levelOf(effort: Effort, model: string): string {
  if (effort !== 'none' && effort !== 'minimal') return levels[effort]
  return thinksMinimally.test(model) ? 'MINIMAL' : 'LOW'
}

/**
 * Later models refuse a call of theirs that comes back without the signature of the thought behind it. A caller that did
 * not keep it, or whose call was made by another provider, sends the mark that Google accepts in its place.
 */
export function missingSignature(model: string): string | undefined {
  return byBudget.test(model) ? undefined : 'skip_thought_signature_validator'
}
