import { isRecord, type Json, recordOf } from '../json.ts'

/**
 * Thoughts stand apart from words and calls in OpenAI's messages. Anthropic wants them back where they stood among them, so
 * those that came behind something else carry their place.
 */

/** @param before how many thoughts came before it */
export function placed(thought: Json, { index, before }: { index: unknown; before: number }): Json {
  return typeof index === 'number' && index > before ? { ...thought, index } : thought
}

/** An earlier answer's blocks in the order in which they came. @param thoughts as the caller sends them back */
export function inPlace(thoughts: readonly unknown[], others: readonly Json[]): Json[] {
  const blocks: Json[] = []
  let taken = 0
  for (const thought of thoughts) {
    const { index, ...block } = recordOf(thought)
    while (typeof index === 'number' && blocks.length < index && taken < others.length)
      blocks.push(others[taken++] as Json)
    blocks.push(isRecord(thought) ? block : (thought as Json))
  }
  return [...blocks, ...others.slice(taken)]
}
