import type { Usage } from '../../providers/index.ts'
import type { Json } from '../json.ts'
import { type Finish, usageField } from './completion.ts'

/** Who answers, as every chunk of a stream repeats it. */
export interface ChunkHead {
  id: string
  model: string
  created: number
}

/** Writes a stream of `chat.completion.chunk` events as OpenAI does; the head may become known with the first event. */
export class ChunkWriter {
  head: ChunkHead
  private readonly includeUsage: boolean
  /** What every chunk begins with. */
  private begun: { of: ChunkHead; text: string }
  /** The choices that have their role. */
  private readonly greeted = new Set<number>()

  constructor(head: ChunkHead, { includeUsage }: { includeUsage: boolean }) {
    this.head = head
    this.begun = { of: head, text: beginningOf(head) }
    this.includeUsage = includeUsage
  }

  /** The role comes once a choice, before anything else. */
  delta(delta: Json, { index = 0, logprobs }: { index?: number; logprobs?: Json | undefined } = {}): string {
    const greeting = this.greeted.has(index)
      ? ''
      : this.choice({ role: 'assistant', content: '', refusal: null }, { index, finish: null })
    this.greeted.add(index)
    return greeting + this.choice(delta, { index, finish: null, logprobs })
  }

  /** The last of a whole stream: why each choice ends, the counts if they were asked for, and the mark of its end. */
  finish(reasons: Finish | readonly Finish[], usage: Usage): string {
    const ends = [reasons].flat().map((finish, index) => {
      const greeting = this.greeted.has(index) ? '' : this.delta({}, { index })
      return greeting + this.choice({}, { index, finish })
    })
    const counts = this.includeUsage ? this.event({ choices: [], usage: usageField(usage) }) : ''
    return `${ends.join('')}${counts}data: [DONE]\n\n`
  }

  /** An error in the middle of a stream; nothing follows it, so no client takes the answer for a whole one. */
  error(error: Json): string {
    return `data: ${JSON.stringify({ error })}\n\n`
  }

  private choice(
    delta: Json,
    { index, finish, logprobs }: { index: number; finish: Finish | null; logprobs?: Json | undefined },
  ): string {
    const choices = [{ index, delta, logprobs: logprobs ?? null, finish_reason: finish }]
    return this.event(this.includeUsage ? { choices, usage: null } : { choices })
  }

  private event(fields: Json): string {
    if (this.begun.of !== this.head) this.begun = { of: this.head, text: beginningOf(this.head) }
    return `data: ${this.begun.text},${JSON.stringify(fields).slice(1)}\n\n`
  }
}

/** An object that is still open. */
function beginningOf({ id, model, created }: ChunkHead): string {
  return JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)
}

/** What a stream's own error is called, as the whole answer's would be. */
export function streamError(message: string, code: string): Json {
  return { message, type: 'server_error', param: null, code }
}
