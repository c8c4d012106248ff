import type { MediaPart, Part, Turn } from '../chat/chat.ts'
import { invalid } from '../invalid.ts'
import { entryOf, type Json, parseRecord } from '../json.ts'
import { inOrderOfCalls } from './order-results.ts'
import { missingSignature } from './thinking.ts'

interface Content {
  role: 'user' | 'model'
  parts: Json[]
}

/**
 * Turns as Google's contents: results carry the function's name, which OpenAI's carry not, and those of one turn stand in
 * one content.
 * @throws request_invalid for a result whose call is not in the conversation
 */
export function buildContents(turns: readonly Turn[], model: string): readonly Content[] {
  const names = new Map<string, string>()
  const contents: Content[] = []
  for (const turn of inOrderOfCalls(turns)) {
    if (turn.role === 'assistant') for (const { id, name } of turn.calls) names.set(id, name)
    const role = turn.role === 'assistant' ? 'model' : 'user'
    const parts = partsOf(turn, { names, model })
    const last = contents.at(-1)
    if (parts.length === 0) continue
    if (last?.role === role) last.parts.push(...parts)
    else contents.push({ role, parts })
  }
  if (contents.length === 0) throw invalid('messages', 'nothing is said in any of them')
  return contents
}

function partsOf(turn: Turn, { names, model }: { names: ReadonlyMap<string, string>; model: string }): Json[] {
  if (turn.role === 'user') return turn.parts.map(partOf)
  if (turn.role === 'tool') {
    const name = names.get(turn.callId)
    if (name === undefined)
      throw invalid('messages', `no tool call has the id ${JSON.stringify(turn.callId.slice(0, 80))}`)
    const text = turn.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
    const media = turn.parts.filter((part) => part.kind !== 'text').map(partOf)
    return [{ functionResponse: { name, response: responseOf(text) } }, ...media]
  }
  const said: Json[] = turn.parts.map(({ text }) => ({ text }))
  const images = turn.images.map((image) => ({ ...partOf(image), ...signed(image.signature) }))
  const calls = turn.calls.map(({ name, input, signature }, index) => {
    // Of calls made at once only the first carries one.
    const thoughtSignature = signature ?? (index === 0 ? missingSignature(model) : undefined)
    return { functionCall: { name, args: input }, ...signed(thoughtSignature) }
  })
  return [...said, ...images, ...calls]
}

const signed = (thoughtSignature: string | undefined): Json =>
  thoughtSignature === undefined ? {} : { thoughtSignature }

/** Google wants an object: a result that is none stands in a field of one. */
function responseOf(text: string): Json {
  const parsed = parseRecord(text)
  return Object.keys(parsed).length > 0 ? parsed : { output: text }
}

function partOf(part: Part): Json {
  if (part.kind === 'text') return { text: part.text }
  const { source } = part
  if ('data' in source) return { inlineData: { mimeType: source.mimeType, data: source.data } }
  const mimeType = mimeTypeOf(source.url, part.kind)
  return { fileData: { fileUri: source.url, ...(mimeType !== undefined && { mimeType }) } }
}

const mimeTypes: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
}

function mimeTypeOf(url: string, kind: MediaPart['kind']): string | undefined {
  const extension = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? ''
  return entryOf(mimeTypes, extension) ?? (kind === 'image' ? 'image/jpeg' : undefined)
}
