import type { Chat } from '../chat/chat.ts'
import { number, readChat } from '../chat/read-chat.ts'
import { translateEvents } from '../event-stream.ts'
import { cannotDo } from '../invalid.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { generateAnswer } from './answer.ts'
import { buildContents } from './build-contents.ts'
import { generateEvents } from './stream.ts'
import { thinkingConfig } from './thinking.ts'
import { toolFields } from './tool-fields.ts'

/** OpenAI's optional fields that Google has too. */
const own = ['seed', 'frequency_penalty', 'presence_penalty', 'top_k', 'cache_control'] as const

/** Chat Completions on `generateContent` and `streamGenerateContent`. */
export const googleGenerate: Translation = ({ body }, { provider, model, created }) => {
  const chat = readChat(body, { provider: provider.name, more: own })
  const { stream, includeUsage } = chat
  return jsonMessage({
    path: modelPath(model, stream ? 'streamGenerateContent?alt=sse' : 'generateContent'),
    json: {
      ...(chat.system.length > 0 && { systemInstruction: { parts: chat.system.map(({ text }) => ({ text })) } }),
      contents: buildContents(chat.turns, model),
      ...toolFields(chat, provider.name),
      generationConfig: generationConfig(chat, { provider: provider.name, model }),
    },
    answer: {
      whole: (bytes) => generateAnswer(bytes, { created, model }),
      ...(stream && { stream: () => translateEvents(generateEvents({ created, includeUsage, model })) }),
    },
  })
}

/** Names come as they are written or with Google's own `models/` before them. */
export function modelPath(model: string, verb: string): string {
  const name = model.replace(/^models\//, '')
  const path = name.startsWith('tunedModels/')
    ? name.split('/').map(encodeURIComponent).join('/')
    : `models/${encodeURIComponent(name)}`
  return `/v1beta/${path}:${verb}`
}

function generationConfig(
  chat: Chat,
  { provider, model }: { provider: string; model: string },
): Record<string, unknown> {
  const { body, format, maxTokens, temperature, topP, stop, effort } = chat
  if (stop.length > 5) throw cannotDo('stop', provider, 'it takes five texts at most')
  const penalty = { least: -2, most: 2 }
  const frequencyPenalty = number(body, 'frequency_penalty', penalty)
  const presencePenalty = number(body, 'presence_penalty', penalty)
  const thinking = thinkingConfig(effort, model)
  return {
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(body['top_k'] !== undefined && { topK: body['top_k'] }),
    ...(body['seed'] !== undefined && { seed: body['seed'] }),
    // Zero is everybody's default, and models without penalties refuse even that.
    ...(frequencyPenalty && { frequencyPenalty }),
    ...(presencePenalty && { presencePenalty }),
    ...(stop.length > 0 && { stopSequences: stop }),
    ...(format.type !== 'text' && { responseMimeType: 'application/json' }),
    ...(format.type === 'json_schema' && { responseJsonSchema: format.schema }),
    ...(thinking !== undefined && { thinkingConfig: thinking }),
  }
}
