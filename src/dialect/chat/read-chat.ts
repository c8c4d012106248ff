import { cannotDo, invalid } from '../invalid.ts'
import { entryOf, isRecord, type Json, parseRequest } from '../json.ts'
import { withLatestMarks } from './cache-breakpoints.ts'
import { type Chat, type Effort, efforts, type Format } from './chat.ts'
import { readMessages } from './read-messages.ts'
import { readToolChoice, readTools } from './read-tools.ts'

/** Fields that every translation reads. */
const common: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'stop',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'reasoning_effort',
  // Labels and cost hints for OpenAI's own books: nothing of the answer depends on them.
  'user',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
])

/** Values that ask for nothing: many clients write OpenAI's defaults out. */
const defaults: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  logit_bias: (value) => isRecord(value) && Object.keys(value).length === 0,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  service_tier: (value) => value === 'auto' || value === 'default',
  store: (value) => value === false,
  verbosity: (value) => value === 'medium',
}

/**
 * Reads a chat request for a provider with an API of its own.
 * @param more fields beyond the common ones that this provider's translation takes from `body`
 * @throws request_invalid for a malformed field, and for each that the provider cannot do
 */
export function readChat(bytes: Buffer, { provider, more }: { provider: string; more: readonly string[] }): Chat {
  const body = parseRequest(bytes)
  for (const [field, value] of Object.entries(body)) {
    if (!common.has(field) && !more.includes(field) && !entryOf(defaults, field)?.(value))
      throw cannotDo(field, provider)
  }
  const { system, turns } = withLatestMarks(readMessages(body['messages']))
  const tools = readTools(body['tools'])
  return {
    system,
    turns,
    tools,
    toolChoice: readToolChoice(body['tool_choice'], tools),
    parallelTools: flag(body, 'parallel_tool_calls'),
    format: readFormat(body['response_format']),
    stop: readStop(body['stop']),
    maxTokens: readMaxTokens(body),
    temperature: number(body, 'temperature', { least: 0, most: 2 }),
    topP: number(body, 'top_p', { least: 0, most: 1 }),
    effort: readEffort(body['reasoning_effort']),
    stream: flag(body, 'stream') ?? false,
    includeUsage: isRecord(body['stream_options']) && body['stream_options']['include_usage'] === true,
    body,
  }
}

function flag(body: Json, field: string): boolean | undefined {
  const value = body[field]
  if (value === undefined || typeof value === 'boolean') return value
  throw invalid(field, 'it must be true or false')
}

export function number(
  body: Json,
  field: string,
  { least, most }: { least: number; most: number },
): number | undefined {
  const value = body[field]
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw invalid(field, `it must be a number from ${least} to ${most}`)
}

function count(body: Json, field: string): number | undefined {
  const value = body[field]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw invalid(field, 'it must be a whole number above 0')
}

/** From the newer field or the older one. As at OpenAI, both may be given if they are the same. */
function readMaxTokens(body: Json): number | undefined {
  const [newer, older] = [count(body, 'max_completion_tokens'), count(body, 'max_tokens')]
  if (newer !== undefined && older !== undefined && newer !== older)
    throw invalid('max_tokens', 'max_completion_tokens, which is the same, says another number')
  return newer ?? older
}

function readStop(value: unknown): readonly string[] {
  if (value === undefined) return []
  const list = Array.isArray(value) ? value : [value]
  if (!list.every((one) => typeof one === 'string')) throw invalid('stop', 'it must be a text or a list of texts')
  return list as string[]
}

function readEffort(value: unknown): Effort | undefined {
  if (value === undefined) return undefined
  if (efforts.includes(value as Effort)) return value as Effort
  throw invalid('reasoning_effort', `it must be one of ${efforts.join(', ')}`)
}

function readFormat(value: unknown): Format {
  if (value === undefined) return { type: 'text' }
  const type = isRecord(value) ? value['type'] : undefined
  if (type === 'text' || type === 'json_object') return { type }
  const named = isRecord(value) ? value['json_schema'] : undefined
  if (type !== 'json_schema') throw invalid('response_format', 'its type must be text, json_object or json_schema')
  if (!isRecord(named) || !isRecord(named['schema']))
    throw invalid('response_format.json_schema', 'it must have a schema')
  return { type, schema: named['schema'], strict: named['strict'] === true }
}
