import { estimateAsked } from '../../metering/index.ts'
import type { Usage } from '../../providers/index.ts'
import type { Exchange } from '../exchange.ts'
import { fetchesJob } from '../request/costs-nothing.ts'
import type { Outcome } from './outcome.ts'

/** What was served, as it is entered in the books. */
export interface ServedUsage {
  usage: Usage | undefined
  /** Some of the counts are Ownkey's estimate, or are not known at all. */
  estimated: boolean
}

/**
 * The provider's own counts where it told them. A stream that broke off, ended with an error or told no counts of its text is
 * estimated: its output by the text that was delivered, its input by the request's texts. So is what was embedded, which Google
 * does not count.
 */
export function servedUsage(
  outcome: Outcome,
  exchange: Pick<Required<Exchange>, 'surface' | 'body' | 'provider'> & Exchange,
): ServedUsage {
  const told = outcome.usage
  const { surface, body, characters } = exchange
  const mayCount = surface.meters !== 'none' && (outcome.job !== undefined || !fetchesJob(exchange))
  if (!mayCount) return { usage: told, estimated: false }
  if (surface.meters === 'characters' && characters !== undefined && lacksCharacters(told, exchange))
    return { usage: { ...told, characters }, estimated: true }
  if (outcome.cut === undefined && outcome.later === undefined && told !== undefined && !lacksOutput(told, outcome))
    return { usage: told, estimated: false }
  if (surface.capability === 'embeddings' && told === undefined && outcome.cut === undefined && body.isComplete)
    return { usage: { inputTokens: estimateAsked(body.chunks) }, estimated: true }
  if (surface.meters !== 'tokens' || outcome.deliveredTokens === undefined) return { usage: told, estimated: true }
  const outputTokens = Math.max(told?.outputTokens ?? 0, outcome.deliveredTokens)
  const inputTokens = told?.inputTokens ?? (body.isComplete ? estimateAsked(body.chunks) : undefined)
  return { usage: { ...told, outputTokens, ...(inputTokens !== undefined && { inputTokens }) }, estimated: true }
}

/** Where credits are told, fewer than the text's characters are those of a model that takes less than one for each. */
function lacksCharacters(
  told: Usage | undefined,
  { characters = 0, provider }: Pick<Required<Exchange>, 'provider'> & Exchange,
): boolean {
  if (told?.characters === undefined) return true
  return provider.usage.charactersAreCredits === true && told.characters < characters
}

/** Text was delivered, but the provider counted only the input. */
function lacksOutput({ inputTokens, outputTokens }: Usage, { deliveredTokens = 0 }: Outcome): boolean {
  return inputTokens !== undefined && outputTokens === undefined && deliveredTokens > 0
}
