import type { Chat, Effort } from '../chat/chat.ts'
import { cannotDo } from '../invalid.ts'
import { alwaysThinks, thinksBetweenTools, thinksByBudget, thinksByItself } from './models.ts'
import { outputSchema } from './output-schema.ts'

/**
 * Anthropic wants a limit and OpenAI's clients often give none. Later models think within it unless they are told not to, and can
 * write at least four times as much.
 */
const defaultLimits = { earlier: 16_384, later: 32_768 }
const leastBudget = 1_024

const budgets: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: leastBudget,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 31_999,
}
const levels: Readonly<Record<Exclude<Effort, 'none'>, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
}

interface ThinkingFields {
  maxTokens: number
  fields: Record<string, unknown>
}

/** How much to think and to write, and in which form: `thinking`, `output_config` and `max_tokens`. */
export function thinkingFields(chat: Chat, { provider, model }: { provider: string; model: string }): ThinkingFields {
  const format =
    chat.format.type === 'json_schema'
      ? { format: { type: 'json_schema', schema: outputSchema(chat.format.schema, provider) } }
      : {}
  const { effort } = chat
  const given = chat.body['thinking']
  const usual = thinksByItself.test(model) ? defaultLimits.later : defaultLimits.earlier
  const maxTokens = chat.maxTokens ?? usual
  if (given !== undefined || effort === undefined)
    return { maxTokens, fields: { ...config(format), ...(given !== undefined && { thinking: given }) } }
  if (effort === 'none') return { maxTokens, fields: withoutThinking(model, format) }
  if (!thinksByBudget.test(model)) {
    const thinking = { type: 'adaptive', display: 'summarized' }
    return { maxTokens, fields: { thinking, ...config({ effort: levels[effort], ...format }) } }
  }
  const budget = chat.maxTokens === undefined ? budgets[effort] : Math.min(budgets[effort], chat.maxTokens - 1)
  if (budget < leastBudget)
    throw cannotDo('reasoning_effort', provider, `${model} needs max_completion_tokens above ${leastBudget} to think`)
  const thinking = { type: 'enabled', budget_tokens: budget }
  return { maxTokens: chat.maxTokens ?? usual + budget, fields: { thinking, ...config(format) } }
}

/** As little as the model can. */
function withoutThinking(model: string, format: Record<string, unknown>): Record<string, unknown> {
  if (thinksBetweenTools.test(model)) return { thinking: { type: 'between_tools' }, ...config(format) }
  if (alwaysThinks.test(model)) return { thinking: { type: 'adaptive' }, ...config({ effort: 'low', ...format }) }
  return { thinking: { type: 'disabled' }, ...config(format) }
}

function config(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.keys(fields).length === 0 ? {} : { output_config: fields }
}
