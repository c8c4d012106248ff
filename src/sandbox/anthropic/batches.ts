import { type Answer, type Call, listField, modelField, objectOf, Problem } from '../call.ts'
import { replyTo } from '../content/reply.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'

const prefix = 'msgbatch_'
/** The results of more than these would make an id that no address can carry. */
const mostRequests = 20
const longestName = 64

/** Name and model of each request, and before them what makes each batch another one. */
function requestsOf(id: string | undefined): [name: string, model: string][] {
  const [, ...facts] = factsOfId(prefix, id)
  return facts.flatMap((name, at) => (at % 2 === 1 ? [] : [[String(name), String(facts[at + 1])]]))
}

function batch(id: string, status: 'in_progress' | 'canceling' | 'ended'): Answer {
  const requests = requestsOf(id).length
  const ended = status === 'ended'
  const counts = {
    processing: ended ? 0 : requests,
    succeeded: ended ? requests : 0,
    errored: 0,
    canceled: 0,
    expired: 0,
  }
  const json = {
    id,
    type: 'message_batch',
    processing_status: status,
    request_counts: counts,
    created_at: '2026-01-01T00:00:00Z',
    expires_at: '2100-01-01T00:00:00Z',
    ended_at: ended ? '2026-01-01T00:01:00Z' : null,
    cancel_initiated_at: status === 'canceling' ? '2026-01-01T00:00:30Z' : null,
    archived_at: null,
    results_url: ended ? `https://api.anthropic.com/v1/messages/batches/${id}/results` : null,
  }
  return { json }
}

/** `POST /v1/messages/batches` */
export async function createBatch(call: Call): Promise<Answer> {
  const body = await call.json()
  const requests = listField(body, 'requests').map(objectOf)
  if (requests.length > mostRequests) throw new Problem('invalid_field', 'requests')
  const facts = requests.flatMap(({ custom_id: name, params }) => {
    if (typeof name !== 'string' || name === '') throw new Problem('missing_field', 'requests.custom_id')
    return [name.slice(0, longestName), modelField(objectOf(params)['model'])]
  })
  return batch(tellingId(prefix, [call.requestId, ...facts]), 'in_progress')
}

/** `GET /v1/messages/batches/{id}` */
export const getBatch = (call: Call): Answer => batch(call.parts['id'] ?? '', 'ended')

/** `POST /v1/messages/batches/{id}/cancel` */
export const cancelBatch = (call: Call): Answer => batch(call.parts['id'] ?? '', 'canceling')

/** `DELETE /v1/messages/batches/{id}` */
export function deleteBatch(call: Call): Answer {
  factsOfId(prefix, call.parts['id'])
  return { json: { id: call.parts['id'], type: 'message_batch_deleted' } }
}

/** `GET /v1/messages/batches/{id}/results`: a line for each request. */
export function batchResults(call: Call): Answer {
  const reply = replyTo({ prompt: { characters: 0, media: 0 } })
  const lines = requestsOf(call.parts['id']).map(([custom_id, model], at) => {
    const message = {
      id: `msg_${call.requestId}_${at}`,
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: reply.text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: reply.tokens },
    }
    return `${JSON.stringify({ custom_id, result: { type: 'succeeded', message } })}\n`
  })
  return { headers: { 'content-type': 'application/x-jsonl' }, bytes: Buffer.from(lines.join('')) }
}
