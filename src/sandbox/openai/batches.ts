import { type Answer, type Call, type JsonObject, textField } from '../call.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'

const prefix = 'batch_'

/** A batch of which nothing was worked off yet, or, as soon as it is asked for, everything: one request. */
function batch(id: string, status: 'validating' | 'completed' | 'cancelling'): Answer {
  const [input_file_id, endpoint, completion_window, requestId] = factsOfId(prefix, id)
  const isDone = status === 'completed'
  const json: JsonObject = {
    id,
    object: 'batch',
    endpoint,
    errors: null,
    input_file_id,
    completion_window,
    status,
    output_file_id: isDone ? tellingId('file-', [`${requestId}.jsonl`, 'batch_output', 100]) : null,
    error_file_id: null,
    created_at: 1_750_000_000,
    expires_at: 4_102_444_800,
    completed_at: isDone ? 1_750_000_060 : null,
    request_counts: { total: 1, completed: isDone ? 1 : 0, failed: 0 },
    metadata: null,
  }
  return { json }
}

/** `POST …/batches` */
export async function createBatch(call: Call): Promise<Answer> {
  const body = await call.json()
  const facts = [textField(body, 'input_file_id'), textField(body, 'endpoint'), textField(body, 'completion_window')]
  return batch(tellingId(prefix, [...facts, call.requestId]), 'validating')
}

/** `GET …/batches/{id}` */
export const getBatch = (call: Call): Answer => batch(call.parts['id'] ?? '', 'completed')

/** `POST …/batches/{id}/cancel` */
export const cancelBatch = (call: Call): Answer => batch(call.parts['id'] ?? '', 'cancelling')
