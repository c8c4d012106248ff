import { exampleOf } from './schema-example.ts'
import { type PromptSize, tokensOf } from './tokens.ts'

/** What a chat request asks for, in no provider's words. */
interface Ask {
  prompt: PromptSize
  /** The tool that must be called. */
  tool?: { name: string; schema: unknown } | undefined
  /** The answer must be JSON of this schema; `true`: any JSON object. */
  schema?: unknown
  maxTokens?: number | undefined
}

export interface Reply {
  text: string
  /** Cut at `maxTokens`. */
  cut: boolean
  tool?: { name: string; input: unknown }
  tokens: number
}

/** The played answer: what the sandbox says, the tool it calls, or JSON that fits the schema. */
export function replyTo(ask: Ask): Reply {
  if (ask.tool) {
    const input = exampleOf(ask.tool.schema)
    return { text: '', cut: false, tool: { name: ask.tool.name, input }, tokens: tokensOf(JSON.stringify(input)) }
  }
  const whole = ask.schema
    ? JSON.stringify(ask.schema === true ? { sandbox: true } : exampleOf(ask.schema))
    : sentence(ask)
  const room = (ask.maxTokens ?? Number.POSITIVE_INFINITY) * 4
  const text = whole.slice(0, room)
  return { text, cut: text.length < whole.length, tokens: tokensOf(text) }
}

function sentence({ prompt }: Ask): string {
  const media = prompt.media > 0 ? ` and ${prompt.media} ${prompt.media === 1 ? 'attachment' : 'attachments'}` : ''
  return `This is the Ownkey sandbox: no provider was called. Your message had ${prompt.characters} characters${media}.`
}

/** What a transcript says, since nobody listened. */
export function transcriptOf(bytes: number): string {
  return `This is the Ownkey sandbox: no provider was called. Your recording had ${bytes} bytes.`
}

/** Seconds of a recording, taken for 16 kHz mono of 16 bits; at least one. */
export function secondsOf(bytes: number): number {
  return Math.max(1, Math.round(bytes / 32_000))
}

/** The text in the pieces in which a stream brings it. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S{1,12}/g) ?? (text ? [text] : [])
}
