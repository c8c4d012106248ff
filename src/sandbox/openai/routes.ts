import type { Route } from '../call.ts'
import { speech, transcriptions, translations } from './audio.ts'
import { cancelBatch, createBatch, getBatch } from './batches.ts'
import { chatCompletions } from './chat.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import {
  addPart,
  cancelUpload,
  completeUpload,
  deleteFile,
  emptyList,
  fileContent,
  getFile,
  startUpload,
  uploadFile,
} from './files.ts'
import { imageEdits, imageGenerations, moderations } from './media.ts'
import { accountAnswers, getModel, listModels } from './models.ts'
import { clientSecret, realtimeSession } from './realtime-secrets.ts'
import { rerank } from './rerank.ts'
import { cancelResponse, countInput, deleteResponse, getResponse, responses } from './responses.ts'

/** Whatever a vendor puts before it (`/openai/v1`, `/inference/v1`, nothing); Azure names the model there. */
const behind = (rest: string) => new RegExp(`^(?:/.*?deployments/(?<deployment>[^/]+)|/.*)?/${rest}$`)
const post = (rest: string, answer: Route['answer']): Route => ({
  method: 'POST',
  path: behind(rest),
  answer,
  behindAnyPath: true,
})
const get = (rest: string, answer: Route['answer']): Route => ({
  method: 'GET',
  path: behind(rest),
  answer,
  behindAnyPath: true,
})
const remove = (rest: string, answer: Route['answer']): Route => ({
  method: 'DELETE',
  path: behind(rest),
  answer,
  behindAnyPath: true,
})
const id = '(?<id>[^/]+)'

const account: Route['answer'] = (call) =>
  accountAnswers[call.provider] ?? { json: { object: 'account', sandbox: true } }

/** OpenAI's surfaces, and those of the vendors that speak its dialect. */
export const openAiRoutes: readonly Route[] = [
  post('chat/completions', chatCompletions),
  post('completions', completions),
  post('responses', responses),
  post('responses/input_tokens', countInput),
  post('embeddings', (call) => embeddings(call)),
  post('audio/transcriptions', transcriptions),
  post('audio/translations', translations),
  post('audio/speech', speech),
  post('images/generations', imageGenerations),
  post('images/(?:edits|variations)', imageEdits),
  post('rerank', rerank),
  post('realtime/client_secrets', clientSecret),
  post('realtime/sessions', realtimeSession),
  post('moderations', moderations),
  post('files', (call) => uploadFile(call)),
  get('files', emptyList),
  get(`files/${id}`, getFile),
  get(`files/${id}/content`, fileContent),
  remove(`files/${id}`, deleteFile),
  post('uploads', startUpload),
  post(`uploads/${id}/parts`, addPart),
  post(`uploads/${id}/complete`, completeUpload),
  post(`uploads/${id}/cancel`, cancelUpload),
  post('batches', createBatch),
  get('batches', emptyList),
  get(`batches/${id}`, getBatch),
  post(`batches/${id}/cancel`, cancelBatch),
  get(`responses/${id}`, getResponse),
  get(`responses/${id}/input_items`, emptyList),
  post(`responses/${id}/cancel`, cancelResponse),
  remove(`responses/${id}`, deleteResponse),
  get('chat/completions', emptyList),
  get('deployments', emptyList),
  get('models', listModels),
  get('models/user', listModels),
  get('models/(?<model>.+)', getModel),
  get('user/balance', account),
  get('api-key', account),
  get('key', account),
  get('credits', () => ({ json: { data: { total_credits: 100, total_usage: 0 } } })),
]

/** Scope names of OpenAI's restricted keys, by what is called. */
export function openAiScope(path: string): string {
  const scopes: [RegExp, string][] = [
    [/\/models/, 'api.model.read'],
    [/\/responses/, 'api.responses.write'],
    [/\/files/, 'api.files.write'],
  ]
  return scopes.find(([expression]) => expression.test(path))?.[1] ?? 'model.request'
}
