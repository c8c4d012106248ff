import { type Answer, type Call, type JsonAnswer, type JsonObject, objectOf, type Route, textField } from '../call.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'
import { getFile, uploadFile } from '../openai/files.ts'

/** A file as Mistral tells it: as OpenAI does, and of what kind its lines are. */
function told({ json }: JsonAnswer, more: JsonObject = {}): JsonAnswer {
  const file = objectOf(json)
  const sample_type = file['purpose'] === 'batch' ? 'batch_request' : 'instruct'
  return { json: { ...file, sample_type, num_lines: null, source: 'upload', ...more } }
}

const prefix = 'batch_'

/** A batch job of which nothing was worked off yet, or, as soon as it is asked for, everything. */
function job(id: string, status: 'QUEUED' | 'SUCCESS' | 'CANCELLATION_REQUESTED'): Answer {
  const [endpoint, model, requests, requestId, ...input_files] = factsOfId(prefix, id)
  const isDone = status === 'SUCCESS'
  const done = isDone ? requests : 0
  const json: JsonObject = {
    id,
    object: 'batch',
    input_files,
    metadata: null,
    endpoint,
    model,
    output_file: isDone ? tellingId('file-', [`${requestId}.jsonl`, 'batch', 100]) : null,
    error_file: null,
    errors: [],
    status,
    created_at: 1_750_000_000,
    total_requests: requests,
    completed_requests: done,
    succeeded_requests: done,
    failed_requests: 0,
    started_at: null,
    completed_at: isDone ? 1_750_000_060 : null,
  }
  return { json }
}

/** `POST /v1/batch/jobs`: of files, or of requests that come with it. */
async function createJob(call: Call): Promise<Answer> {
  const body = await call.json()
  const files = Array.isArray(body['input_files']) ? body['input_files'].map(String) : []
  const requests = Array.isArray(body['requests']) ? body['requests'].length : files.length
  const model = typeof body['model'] === 'string' ? body['model'] : ''
  return job(tellingId(prefix, [textField(body, 'endpoint'), model, requests, call.requestId, ...files]), 'QUEUED')
}

const idOf = (call: Call) => call.parts['id'] ?? ''

/** What Mistral keeps: files and batch jobs. */
export const mistralKept: readonly Route[] = [
  { method: 'POST', path: /^\/v1\/files$/, answer: async (call) => told(await uploadFile(call, 'fine-tune')) },
  { method: 'GET', path: /^\/v1\/files\/(?<id>[^/]+)$/, answer: (call) => told(getFile(call), { deleted: false }) },
  { method: 'POST', path: /^\/v1\/batch\/jobs$/, answer: createJob },
  { method: 'GET', path: /^\/v1\/batch\/jobs$/, answer: () => ({ json: { object: 'list', data: [], total: 0 } }) },
  { method: 'GET', path: /^\/v1\/batch\/jobs\/(?<id>[^/]+)$/, answer: (call) => job(idOf(call), 'SUCCESS') },
  {
    method: 'POST',
    path: /^\/v1\/batch\/jobs\/(?<id>[^/]+)\/cancel$/,
    answer: (call) => job(idOf(call), 'CANCELLATION_REQUESTED'),
  },
]
