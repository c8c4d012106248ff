import type { Chat, ToolChoice } from '../chat/chat.ts'
import { cannotDo } from '../invalid.ts'

const modes: Readonly<Record<ToolChoice['mode'], string>> = { auto: 'AUTO', none: 'NONE', required: 'ANY' }

/** @throws request_invalid for `parallel_tool_calls: false`: Google may always call several functions at once */
export function toolFields(chat: Chat, provider: string): Record<string, unknown> {
  const { tools, parallelTools } = chat
  if (tools.length === 0) return {}
  if (parallelTools === false)
    throw cannotDo('parallel_tool_calls', provider, 'it may always call several functions at once')
  const functionDeclarations = tools.map(({ name, description, parameters }) => ({
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parametersJsonSchema: parameters }),
  }))
  const functionCallingConfig = callingConfig(chat)
  return {
    tools: [{ functionDeclarations }],
    ...(functionCallingConfig !== undefined && { toolConfig: { functionCallingConfig } }),
  }
}

/** Strict tools are Google's validated mode: the model may answer with words, and calls keep to their schemas. */
function callingConfig({ tools, toolChoice }: Chat): Record<string, unknown> | undefined {
  const strict = tools.some((tool) => tool.strict)
  const mode = toolChoice?.mode ?? 'auto'
  if (toolChoice?.names === undefined) {
    if (strict && mode === 'auto') return { mode: 'VALIDATED' }
    return toolChoice === undefined ? undefined : { mode: modes[mode] }
  }
  // Allowed names go with modes that validate; "none of these" needs no names.
  if (mode === 'none') return { mode: modes.none }
  return { mode: mode === 'auto' ? 'VALIDATED' : modes.required, allowedFunctionNames: toolChoice.names }
}
