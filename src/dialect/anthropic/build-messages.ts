import type { MediaPart, Part, ToolCall, Turn } from '../chat/chat.ts'
import { cannotDo, invalid } from '../invalid.ts'
import type { Json } from '../json.ts'
import { inPlace } from './thought-places.ts'

/** Stands before a greeting: chats may begin with the assistant's at OpenAI, and at Anthropic with the user alone. */
const opening: Message = { role: 'user', content: [{ type: 'text', text: '(The assistant speaks first.)' }] }

interface Message {
  role: 'user' | 'assistant'
  content: Json[]
}

/**
 * Turns as Anthropic's messages: tool results are said by the user, and all results of one turn stand in one message,
 * before anything else.
 * @throws request_invalid for parts that Anthropic cannot read
 */
export function buildMessages(turns: readonly Turn[], provider: string): readonly Message[] {
  const messages: Message[] = []
  for (const turn of turns) {
    const role = turn.role === 'assistant' ? 'assistant' : 'user'
    const content = blocksOf(turn, provider)
    const last = messages.at(-1)
    if (content.length === 0) continue
    if (last?.role === role) last.content.push(...content)
    else messages.push({ role, content })
  }
  const [first] = messages
  if (first === undefined) throw invalid('messages', 'nothing is said in any of them')
  return first.role === 'user' ? messages : [opening, ...messages]
}

function blocksOf(turn: Turn, provider: string): Json[] {
  if (turn.role === 'user') return turn.parts.map((part) => blockOf(part, provider))
  if (turn.role === 'tool') {
    const content = turn.parts.map((part) => blockOf(part, provider))
    return [{ type: 'tool_result', tool_use_id: plainId(turn.callId), ...(content.length > 0 && { content }) }]
  }
  const [image] = turn.images
  if (image !== undefined) throw cannotDo(image.at, provider, 'its own answers hold no pictures')
  // Models answer with nothing but a line's end now and then. Anthropic refuses it in a message that says nothing else.
  const isBlank = turn.parts.every(({ text }) => text.trim() === '')
  const said = isBlank ? [] : turn.parts.map((part) => blockOf(part, provider))
  return inPlace(turn.thinking, [...said, ...turn.calls.map(toolUse)])
}

function toolUse({ id, name, input }: ToolCall): Json {
  return { type: 'tool_use', id: plainId(id), name, input }
}

/** Ids made by other providers may hold characters that Anthropic refuses; the same id always becomes the same one. */
function plainId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_')
}

function blockOf(part: Part, provider: string): Json {
  const cache = part.cacheControl === undefined ? {} : { cache_control: part.cacheControl }
  if (part.kind === 'text') return { type: 'text', text: part.text, ...cache }
  return { ...media[part.kind](part, provider), ...cache }
}

const media: Readonly<Record<MediaPart['kind'], (part: MediaPart, provider: string) => Json>> = {
  image: ({ source }) => ({ type: 'image', source: sourceOf(source) }),
  file: ({ source, filename, at }, provider) => {
    const title = filename === undefined ? {} : { title: filename }
    if ('url' in source || source.mimeType === 'application/pdf')
      return { type: 'document', source: sourceOf(source), ...title }
    if (!source.mimeType.startsWith('text/'))
      throw cannotDo(`${at}.file.file_data`, provider, 'only PDF and text files can be read')
    const data = Buffer.from(source.data, 'base64').toString('utf8')
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data }, ...title }
  },
  audio: ({ at }, provider) => {
    throw cannotDo(`${at}.input_audio`, provider, 'it does not hear')
  },
}

function sourceOf(source: MediaPart['source']): Json {
  return 'url' in source
    ? { type: 'url', url: source.url }
    : { type: 'base64', media_type: source.mimeType, data: source.data }
}
