import type { Chat, Tool, ToolChoice } from '../chat/chat.ts'
import { cannotDo } from '../invalid.ts'

/**
 * The tool whose arguments are the answer where any JSON object is wanted: native JSON output needs a schema that names
 * every field, a tool's input does not.
 */
export const jsonTool = 'json_object'

/** @throws request_invalid where Anthropic's range is smaller than OpenAI's */
export function samplingFields({ temperature, topP, body }: Chat, provider: string): Record<string, unknown> {
  if (temperature !== undefined && temperature > 1) throw cannotDo('temperature', provider, 'it takes 0 to 1')
  // One is everybody's default. Later models refuse even that, and some refuse the two together.
  return {
    ...(temperature !== undefined && temperature !== 1 && { temperature }),
    ...(topP !== undefined && topP !== 1 && { top_p: topP }),
    ...(body['top_k'] !== undefined && { top_k: body['top_k'] }),
  }
}

export function toolFields(chat: Chat, provider: string): Record<string, unknown> {
  const { tools, toolChoice, parallelTools, format } = chat
  if (format.type === 'json_object') return jsonFields(chat, provider)
  if (tools.length === 0) return {}
  const choice = choiceOf(toolChoice, provider)
  const single = parallelTools === false && choice?.['type'] !== 'none'
  return {
    tools: tools.map(toolOf),
    ...((choice !== undefined || single) && {
      tool_choice: { ...(choice ?? { type: 'auto' }), ...(single && { disable_parallel_tool_use: true }) },
    }),
  }
}

function toolOf({ name, description, parameters, strict, cacheControl }: Tool): Record<string, unknown> {
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: { type: 'object', ...(parameters ?? { properties: {} }) },
    ...(strict && { strict: true }),
    ...(cacheControl !== undefined && { cache_control: cacheControl }),
  }
}

const modes: Readonly<Record<ToolChoice['mode'], string>> = { auto: 'auto', none: 'none', required: 'any' }

function choiceOf(choice: ToolChoice | undefined, provider: string): Record<string, unknown> | undefined {
  if (choice === undefined) return undefined
  if (choice.names === undefined) return { type: modes[choice.mode] }
  if (choice.mode === 'required' && choice.names.length === 1) return { type: 'tool', name: choice.names[0] }
  throw cannotDo('tool_choice', provider, 'it can force one function, not choose from some')
}

function jsonFields({ tools, effort, body }: Chat, provider: string): Record<string, unknown> {
  if (tools.length > 0)
    throw cannotDo('response_format', provider, 'json_object cannot stand beside tools; use json_schema')
  if ((effort !== undefined && effort !== 'none') || body['thinking'] !== undefined)
    throw cannotDo('response_format', provider, 'json_object cannot stand beside reasoning; use json_schema')
  const description = 'Give your whole answer as the input of this tool: one JSON object.'
  return {
    tools: [{ name: jsonTool, description, input_schema: { type: 'object' } }],
    tool_choice: { type: 'tool', name: jsonTool },
  }
}
