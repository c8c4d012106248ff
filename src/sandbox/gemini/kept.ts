import { type Answer, type Call, modelField, objectOf } from '../call.ts'
import { replyTo } from '../content/reply.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'

const times = { createTime: '2026-01-01T00:00:00Z', updateTime: '2026-01-01T00:00:00Z' }

function cache(id: string): Answer {
  const [model, displayName] = factsOfId('', id)
  const usageMetadata = { totalTokenCount: 1 }
  const expireTime = '2100-01-01T00:00:00Z'
  return { json: { name: `cachedContents/${id}`, model, displayName, ...times, expireTime, usageMetadata } }
}

/** `POST /v1beta/cachedContents` */
export async function createCache(call: Call): Promise<Answer> {
  const body = await call.json()
  return cache(tellingId('', [modelField(body['model']), String(body['displayName'] ?? '').slice(0, 100)]))
}

/** `GET` and `PATCH /v1beta/cachedContents/{id}` */
export const getCache = (call: Call): Answer => cache(call.parts['id'] ?? '')

/** What is done with something kept and answers nothing. */
export function doNothing(call: Call): Answer {
  factsOfId('', call.parts['id'])
  return { json: {} }
}

function batch(id: string, isDone: boolean): Answer {
  const [model, displayName] = factsOfId('', id)
  const reply = replyTo({ prompt: { characters: 0, media: 0 } })
  const candidate = { content: { role: 'model', parts: [{ text: reply.text }] }, finishReason: 'STOP', index: 0 }
  const inlined = { response: { candidates: [candidate], modelVersion: model } }
  const output = { inlinedResponses: { inlinedResponses: [inlined] } }
  const state = isDone ? 'BATCH_STATE_SUCCEEDED' : 'BATCH_STATE_PENDING'
  const name = `batches/${id}`
  const metadata = {
    '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
    ...{ name, model: `models/${model}`, displayName, state, ...times },
    batchStats: { requestCount: '1', ...(isDone ? { successfulRequestCount: '1' } : { pendingRequestCount: '1' }) },
    ...(isDone && { output, endTime: times.updateTime }),
  }
  return { json: { name, metadata, ...(isDone && { done: true, response: output }) } }
}

/** `POST /v1beta/models/{model}:batchGenerateContent` */
export async function createBatch(call: Call): Promise<Answer> {
  const body = await call.json()
  const displayName = String(objectOf(body['batch'])['displayName'] ?? '').slice(0, 100)
  return batch(tellingId('', [modelField(call.parts['model']), displayName, call.requestId]), false)
}

/** `GET /v1beta/batches/{id}`: done as soon as somebody asks. */
export const getBatch = (call: Call): Answer => batch(call.parts['id'] ?? '', true)
