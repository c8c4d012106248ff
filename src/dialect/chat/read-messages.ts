import { invalid } from '../invalid.ts'
import { entryOf, isRecord, type Json, recordOf, textOf } from '../json.ts'
import type { MediaPart, Part, TextPart, ToolCall, Turn } from './chat.ts'
import { readPart } from './read-part.ts'

interface Place {
  message: Json
  at: string
}

/** Instructions apart from the conversation: providers take them in a place of their own. @throws request_invalid */
export function readMessages(value: unknown): { system: readonly TextPart[]; turns: readonly Turn[] } {
  if (!Array.isArray(value) || value.length === 0)
    throw invalid('messages', 'it must be a list with one message or more')
  const system: TextPart[] = []
  const turns: Turn[] = []
  for (const [index, message] of value.entries()) {
    const at = `messages[${index}]`
    if (!isRecord(message)) throw invalid(at, 'it must be an object')
    if (message['role'] === 'system' || message['role'] === 'developer') {
      refuseName({ message, at })
      system.push(...texts({ message, at }))
    } else turns.push(readTurn({ message, at }))
  }
  // Instructions alone are what is said, then.
  return turns.length === 0 ? { system: [], turns: [{ role: 'user', parts: system }] } : { system, turns }
}

function readTurn(place: Place): Turn {
  const role = place.message['role']
  const read = entryOf(readers, role)
  if (read === undefined) throw invalid(`${place.at}.role`, 'it must be system, developer, user, assistant or tool')
  return read(place)
}

const readers: Readonly<Record<string, (place: Place) => Turn>> = {
  user: (place) => {
    refuseName(place)
    return { role: 'user', parts: parts(place) }
  },
  // Its name may stand there: agents' frameworks sign each answer with the agent's, and the model knows whose words these are.
  assistant: (place) => {
    if (place.message['audio'] != null) throw invalid(`${place.at}.audio`, 'earlier spoken answers cannot be continued')
    if (place.message['function_call'] != null) throw invalid(`${place.at}.function_call`, 'use tool_calls instead')
    const thinking = place.message['thinking_blocks']
    const said = place.message['content'] == null ? refusalText(place.message) : texts(place)
    return {
      role: 'assistant',
      parts: said,
      images: readImages(place),
      calls: readCalls(place),
      thinking: Array.isArray(thinking) ? thinking : [],
    }
  },
  tool: (place) => {
    const callId = place.message['tool_call_id']
    if (typeof callId !== 'string' || callId === '') throw invalid(`${place.at}.tool_call_id`, 'it must be a text')
    return { role: 'tool', callId, parts: parts(place) }
  },
}

/** Who asks: nobody but OpenAI has a place for it, and the model would be told less than the caller meant. */
function refuseName({ message, at }: Place): void {
  if (message['name'] != null)
    throw invalid(`${at}.name`, 'write the name into the content; this provider has no field for it')
}

function refusalText({ refusal }: Json): TextPart[] {
  return typeof refusal === 'string' && refusal !== '' ? [{ kind: 'text', text: refusal, cacheControl: undefined }] : []
}

function parts({ message, at }: Place): readonly Part[] {
  const { content } = message
  if (typeof content === 'string')
    return content === '' ? [] : [{ kind: 'text', text: content, cacheControl: message['cache_control'] }]
  if (!Array.isArray(content)) throw invalid(`${at}.content`, 'it must be a text or a list of parts')
  return content
    .map((part, index) => readPart(part, `${at}.content[${index}]`))
    .filter((part) => part.kind !== 'text' || part.text !== '')
}

function texts(place: Place): readonly TextPart[] {
  return parts(place).map((part, index) => {
    if (part.kind === 'text') return part
    throw invalid(`${place.at}.content[${index}].type`, `only text can stand in a message of this role`)
  })
}

/** Pictures of earlier answers, as answers here tell them. */
function readImages({ message, at }: Place): readonly MediaPart[] {
  const images = message['images']
  if (images == null) return []
  if (!Array.isArray(images)) throw invalid(`${at}.images`, 'it must be a list')
  return images.map((image, index) => {
    const place = `${at}.images[${index}]`
    const part = readPart(image, place)
    if (part.kind !== 'image') throw invalid(`${place}.type`, 'it must be image_url')
    return { ...part, signature: signatureOf(image) }
  })
}

function readCalls({ message, at }: Place): readonly ToolCall[] {
  const calls = message['tool_calls']
  if (calls == null) return []
  if (!Array.isArray(calls)) throw invalid(`${at}.tool_calls`, 'it must be a list')
  return calls.map((call, index) => readCall(call, `${at}.tool_calls[${index}]`))
}

function readCall(call: unknown, at: string): ToolCall {
  const called = isRecord(call) ? call['function'] : undefined
  if (!isRecord(call) || !isRecord(called)) throw invalid(at, 'only calls of functions can be repeated here')
  const { id } = call
  const { name } = called
  if (typeof id !== 'string' || typeof name !== 'string') throw invalid(at, 'it must have an id and a function.name')
  return {
    id,
    name,
    input: readArguments(called['arguments'], `${at}.function.arguments`),
    signature: signatureOf(call),
  }
}

function signatureOf(told: Json): string | undefined {
  return textOf(recordOf(recordOf(told['extra_content'])['google'])['thought_signature']) || undefined
}

function readArguments(value: unknown, at: string): Json {
  if (value === undefined || value === '') return {}
  try {
    const parsed: unknown = JSON.parse(value as string)
    if (isRecord(parsed)) return parsed
  } catch {
    // Told below, as for any other text that is no object.
  }
  throw invalid(at, 'it must be a JSON object as a text')
}
