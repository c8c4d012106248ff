import { invalid } from '../invalid.ts'
import { isRecord, type Json, listOf, recordOf } from '../json.ts'
import type { Tool, ToolChoice } from './chat.ts'

/** @throws request_invalid */
export function readTools(value: unknown): readonly Tool[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid('tools', 'it must be a list')
  return value.map((tool, index) => readTool(tool, `tools[${index}]`))
}

function readTool(tool: unknown, at: string): Tool {
  if (!isRecord(tool) || tool['type'] !== 'function' || !isRecord(tool['function']))
    throw invalid(`${at}.type`, 'only tools of type function can be given to this provider')
  const declared = tool['function']
  const { name, description, parameters } = declared
  if (typeof name !== 'string' || name === '') throw invalid(`${at}.function.name`, 'it must be a text')
  if (parameters != null && !isRecord(parameters))
    throw invalid(`${at}.function.parameters`, 'it must be a JSON schema')
  return {
    name,
    description: typeof description === 'string' ? description : undefined,
    parameters: isRecord(parameters) ? parameters : undefined,
    strict: declared['strict'] === true,
    cacheControl: tool['cache_control'] ?? declared['cache_control'],
  }
}

const modes: ReadonlySet<unknown> = new Set(['auto', 'none', 'required'])

/** @throws request_invalid for another form, and for a tool that is not among the request's */
export function readToolChoice(value: unknown, tools: readonly Tool[]): ToolChoice | undefined {
  if (value === undefined) return undefined
  if (value === 'required' && tools.length === 0) throw invalid('tool_choice', 'it needs tools')
  if (modes.has(value)) return { mode: value as ToolChoice['mode'] }
  const choice = readNamed(value)
  if (choice === undefined) throw invalid('tool_choice', 'it must be auto, none, required or name functions')
  const unknown = choice.names?.find((name) => !tools.some((tool) => tool.name === name))
  if (unknown !== undefined) throw invalid('tool_choice', 'it names a function that is not in tools')
  return choice
}

function readNamed(value: unknown): ToolChoice | undefined {
  if (!isRecord(value)) return undefined
  if (value['type'] === 'function') return { mode: 'required', names: [nameOf(value)] }
  const allowed = recordOf(value['allowed_tools'])
  if (value['type'] !== 'allowed_tools' || !modes.has(allowed['mode'])) return undefined
  return {
    mode: allowed['mode'] as ToolChoice['mode'],
    names: listOf(allowed['tools']).map((tool) => nameOf(recordOf(tool))),
  }
}

function nameOf(tool: Json): string {
  return String(recordOf(tool['function'])['name'])
}
