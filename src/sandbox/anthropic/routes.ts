import { type Answer, type Call, modelField, type Route } from '../call.ts'
import { chatCompletions } from '../openai/chat.ts'
import { modelIds } from '../openai/models.ts'
import { complete } from './complete.ts'
import { countTokens, messages } from './messages.ts'

const described = (id: string) => ({
  type: 'model',
  id,
  display_name: `${id} (sandbox)`,
  created_at: '2026-01-01T00:00:00Z',
})

function listModels(call: Call): Answer {
  const ids = modelIds(call.provider)
  return { json: { data: ids.map(described), has_more: false, first_id: ids[0], last_id: ids.at(-1) } }
}

function getModel(call: Call): Answer {
  return { json: described(modelField(decodeURIComponent(call.parts['model'] ?? ''))) }
}

const nothing = (): Answer => ({ json: { data: [], has_more: false, first_id: null, last_id: null } })

/** Messages stand behind any path, for the vendors that play Anthropic's dialect below a path of their own. */
export const messageRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/.*messages$/, answer: messages },
  { method: 'POST', path: /^\/.*messages\/count_tokens$/, answer: countTokens, breaks: false },
]

export const anthropicRoutes: readonly Route[] = [
  ...messageRoutes,
  { method: 'GET', path: /^\/v1\/models$/, answer: listModels },
  { method: 'GET', path: /^\/v1\/models\/(?<model>.+)$/, answer: getModel },
  { method: 'POST', path: /^\/v1\/chat\/completions$/, answer: chatCompletions },
  { method: 'POST', path: /^\/v1\/complete$/, answer: complete },
  { method: 'GET', path: /^\/v1\/messages\/batches$/, answer: nothing },
  { method: 'GET', path: /^\/v1\/files$/, answer: nothing },
]
