import type { Chat } from '../chat/chat.ts'
import { number, readChat } from '../chat/read-chat.ts'
import { translateEvents } from '../event-stream.ts'
import { cannotDo, invalid } from '../invalid.ts'
import { entryOf, type Json } from '../json.ts'
import { jsonMessage, type Translation } from '../translation.ts'
import { generateAnswer } from './answer.ts'
import { buildContents } from './build-contents.ts'
import { generateEvents } from './stream.ts'
import { thinkingConfig } from './thinking.ts'
import { toolFields } from './tool-fields.ts'

/** OpenAI's optional fields that Google has too. */
const own = [
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'top_k',
  'cache_control',
  'n',
  'logprobs',
  'top_logprobs',
  'modalities',
] as const

/** Chat Completions on `generateContent` and `streamGenerateContent`. */
export const googleGenerate: Translation = generateAt(modelPath)
export const vertexGenerate: Translation = generateAt(vertexPath)

export type PathOf = (model: string, verb: string) => string

function generateAt(pathOf: PathOf): Translation {
  return ({ body }, { provider, model, created }) => {
    const chat = readChat(body, { provider: provider.name, more: own })
    const { stream, includeUsage } = chat
    const choices = choicesOf(chat, provider.name)
    return jsonMessage({
      path: pathOf(model, stream ? 'streamGenerateContent?alt=sse' : 'generateContent'),
      json: {
        ...(chat.system.length > 0 && { systemInstruction: { parts: chat.system.map(({ text }) => ({ text })) } }),
        contents: buildContents(chat.turns, model),
        ...toolFields(chat, provider.name),
        generationConfig: generationConfig(chat, { provider: provider.name, model }),
      },
      answer: {
        whole: (bytes) => generateAnswer(bytes, { created, model }),
        ...(stream && { stream: () => translateEvents(generateEvents({ created, includeUsage, model, choices })) }),
      },
    })
  }
}

/** Express mode's path; a service account's project and location come into it with its token. */
export function vertexPath(model: string, verb: string): string {
  const name = model.replace(/^(?:publishers\/google\/models|models|google)\//, '')
  return `/v1/publishers/google/models/${encodeURIComponent(name)}:${verb}`
}

/** Names come as they are written or with Google's own `models/` before them. */
export function modelPath(model: string, verb: string): string {
  const name = model.replace(/^models\//, '')
  const path = name.startsWith('tunedModels/')
    ? name.split('/').map(encodeURIComponent).join('/')
    : `models/${encodeURIComponent(name)}`
  return `/v1beta/${path}:${verb}`
}

const mostChoices = 8

function choicesOf({ body }: Chat, provider: string): number {
  const choices = number(body, 'n', { least: 1, most: 128 }) ?? 1
  if (!Number.isInteger(choices)) throw invalid('n', 'it must be a whole number')
  if (choices > mostChoices) throw cannotDo('n', provider, `it gives ${mostChoices} answers at most`)
  return choices
}

function logprobFields(body: Json): Record<string, unknown> {
  const top = number(body, 'top_logprobs', { least: 0, most: 20 })
  if (body['logprobs'] === undefined || body['logprobs'] === false) {
    if (top) throw invalid('top_logprobs', 'it goes with logprobs only')
    return {}
  }
  if (body['logprobs'] !== true) throw invalid('logprobs', 'it must be true or false')
  return { responseLogprobs: true, ...(top && { logprobs: top }) }
}

const modalities: Readonly<Record<string, string>> = { text: 'TEXT', image: 'IMAGE' }

/** Pictures beside text, from the models that draw; text alone is everybody's default. */
function modalityFields({ modalities: asked }: Json, provider: string): Record<string, unknown> {
  if (asked === undefined) return {}
  if (!Array.isArray(asked)) throw invalid('modalities', 'it must be a list')
  const named = asked.map((one) => entryOf(modalities, one))
  if (named.includes(undefined)) throw cannotDo('modalities', provider, 'its answers here are text and images')
  return named.includes('IMAGE') ? { responseModalities: named } : {}
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
    ...(choicesOf(chat, provider) > 1 && { candidateCount: choicesOf(chat, provider) }),
    ...logprobFields(body),
    ...modalityFields(body, provider),
    ...(format.type !== 'text' && { responseMimeType: 'application/json' }),
    ...(format.type === 'json_schema' && { responseJsonSchema: format.schema }),
    ...(thinking !== undefined && { thinkingConfig: thinking }),
  }
}
