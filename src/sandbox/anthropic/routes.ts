import { type Answer, type Call, modelField, type Route } from '../call.ts'
import { chatCompletions } from '../openai/chat.ts'
import { modelIds } from '../openai/models.ts'
import { batchResults, cancelBatch, createBatch, deleteBatch, getBatch } from './batches.ts'
import { complete } from './complete.ts'
import { deleteFile, fileContent, getFile, uploadFile } from './files.ts'
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
  { method: 'POST', path: /^\/.*messages$/, answer: messages, behindAnyPath: true },
  { method: 'POST', path: /^\/.*messages\/count_tokens$/, answer: countTokens, breaks: false, behindAnyPath: true },
]

export const anthropicRoutes: readonly Route[] = [
  ...messageRoutes,
  { method: 'GET', path: /^\/v1\/models$/, answer: listModels },
  { method: 'GET', path: /^\/v1\/models\/(?<model>.+)$/, answer: getModel },
  { method: 'POST', path: /^\/v1\/chat\/completions$/, answer: chatCompletions },
  { method: 'POST', path: /^\/v1\/complete$/, answer: complete },
  { method: 'GET', path: /^\/v1\/messages\/batches$/, answer: nothing },
  { method: 'POST', path: /^\/v1\/messages\/batches$/, answer: createBatch },
  { method: 'GET', path: /^\/v1\/messages\/batches\/(?<id>[^/]+)$/, answer: getBatch },
  { method: 'DELETE', path: /^\/v1\/messages\/batches\/(?<id>[^/]+)$/, answer: deleteBatch },
  { method: 'POST', path: /^\/v1\/messages\/batches\/(?<id>[^/]+)\/cancel$/, answer: cancelBatch },
  { method: 'GET', path: /^\/v1\/messages\/batches\/(?<id>[^/]+)\/results$/, answer: batchResults },
  { method: 'GET', path: /^\/v1\/files$/, answer: nothing },
  { method: 'POST', path: /^\/v1\/files$/, answer: uploadFile },
  { method: 'GET', path: /^\/v1\/files\/(?<id>[^/]+)$/, answer: getFile },
  { method: 'DELETE', path: /^\/v1\/files\/(?<id>[^/]+)$/, answer: deleteFile },
  { method: 'GET', path: /^\/v1\/files\/(?<id>[^/]+)\/content$/, answer: fileContent },
]
