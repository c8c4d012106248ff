import type { Chat } from '../chat/chat.ts'
import { readChat } from '../chat/read-chat.ts'
import { translateEvents } from '../event-stream.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { messageAnswer } from './answer.ts'
import { buildMessages } from './build-messages.ts'
import { cannotBeForced } from './models.ts'
import { messageEvents } from './stream.ts'
import { thinkingFields } from './thinking.ts'
import { samplingFields, toolFields } from './tool-fields.ts'

/** Fields of Anthropic's own that may stand in the request: caching of the whole prompt, and thinking in its own words. */
const own = ['cache_control', 'thinking', 'top_k'] as const

/** The version whose requests this translation writes; later ones refuse `temperature` and `top_p`. */
const version = ['anthropic-version', '2023-06-01']

/** Chat Completions on the Messages API. */
export const anthropicMessages: Translation = ({ body }, { provider, model, created }) => {
  const asked = readChat(body, { provider: provider.name, more: own })
  const chat = cannotBeForced.test(model) ? toldToAnswerInJson(asked) : asked
  const asJson = chat.format.type === 'json_object'
  const { stream, includeUsage } = chat
  return jsonMessage({
    path: '/v1/messages',
    headers: version,
    json: messagesBody(chat, { provider: provider.name, model }),
    answer: {
      whole: (bytes) => messageAnswer(bytes, { created, asJson }),
      ...(stream && { stream: () => translateEvents(messageEvents({ created, asJson, includeUsage, model })) }),
    },
  })
}

function messagesBody(chat: Chat, { provider, model }: { provider: string; model: string }): Record<string, unknown> {
  const { body } = chat
  const thinking = thinkingFields(chat, { provider, model })
  return {
    model,
    max_tokens: thinking.maxTokens,
    ...(chat.system.length > 0 && {
      system: chat.system.map(({ text, cacheControl }) => textBlock(text, cacheControl)),
    }),
    messages: buildMessages(chat.turns, provider),
    ...(chat.stream && { stream: true }),
    ...(chat.stop.length > 0 && { stop_sequences: chat.stop }),
    ...samplingFields(chat, provider),
    ...toolFields(chat, provider),
    ...thinking.fields,
    ...(body['cache_control'] !== undefined && { cache_control: body['cache_control'] }),
    ...(typeof body['user'] === 'string' && { metadata: { user_id: body['user'] } }),
  }
}

/** Any JSON object is asked for in words where a model cannot be made to call the tool whose input would be it. */
function toldToAnswerInJson(chat: Chat): Chat {
  if (chat.format.type !== 'json_object') return chat
  const text = 'Your whole answer must be one JSON object: no words before or behind it, and no code fence around it.'
  return {
    ...chat,
    format: { type: 'text' },
    system: [...chat.system, { kind: 'text', text, cacheControl: undefined }],
  }
}

function textBlock(text: string, cacheControl: unknown): Record<string, unknown> {
  return { type: 'text', text, ...(cacheControl !== undefined && { cache_control: cacheControl }) }
}
