/** Jobs: ordered with one request, and told by others, with what they have counted so far. */
import type { Counts, Entry } from './every-kind-oracle.ts'
import type { ProviderId } from './every-kind-plans.ts'
import type { Random } from './random.ts'
import { type Answer, bytes, json } from './upstream.ts'

export interface Job {
  id: string
  kind: JobKind
  counted: Counts
  /** What of it the books know. */
  booked: Counts
  /** It waits for its price until the counts are told. */
  order: Entry | undefined
  isDone: boolean
  /** It has told the file that its results are in. */
  hasToldFile: boolean
}
export interface JobKind {
  provider: ProviderId
  model: string
  order(id: string): { path: string; body: object; answer: Answer }
  /** What is asked of it, and what that is answered. */
  tell(job: Job, random: Random): { path: string; answer: Answer; isTold: boolean }
}

const openaiUsage = ({ inputTokens = 0, cacheReadTokens = 0, outputTokens = 0 }: Counts) => ({
  ...{ input_tokens: inputTokens + cacheReadTokens, output_tokens: outputTokens },
  input_tokens_details: { cached_tokens: cacheReadTokens },
  total_tokens: inputTokens + cacheReadTokens + outputTokens,
})
const lines = (...all: object[]) =>
  bytes(all.map((line) => `${JSON.stringify(line)}\n`).join(''), { headers: { 'content-type': 'application/x-jsonl' } })
/** The whole in two pieces, as two requests of a batch. */
const halves = (counts: Counts): Counts[] => {
  const half = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.floor(count / 3)]))
  const rest = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count - (half[name] as number)]))
  return [half, rest]
}

export const jobKinds: readonly JobKind[] = [
  {
    provider: 'openai',
    model: 'm-later',
    order: (id) => ({
      path: '/openai/v1/responses',
      body: { model: 'm-later', input: 'x', background: true },
      answer: json({ id, object: 'response', background: true, status: 'queued', model: 'm-later', usage: null }),
    }),
    tell: ({ id, isDone, counted }) => ({
      path: `/openai/v1/responses/${id}`,
      answer: json({
        ...{ id, object: 'response', background: true, status: isDone ? 'completed' : 'in_progress', model: 'm-later' },
        usage: isDone ? openaiUsage(counted) : null,
      }),
      isTold: isDone,
    }),
  },
  {
    provider: 'openai',
    model: 'm-batch',
    order: (id) => ({
      path: '/openai/v1/batches',
      body: { input_file_id: 'file-x', endpoint: '/v1/responses', completion_window: '24h' },
      answer: json({ id, object: 'batch', status: 'validating', output_file_id: null }),
    }),
    tell: (job, { next }) => {
      const { id, isDone, counted, hasToldFile } = job
      job.hasToldFile = isDone
      const told = { id, object: 'batch', status: isDone ? 'completed' : 'in_progress', model: 'm-batch' }
      const line = (counts: Counts) => ({ response: { body: { model: 'm-batch', usage: openaiUsage(counts) } } })
      return hasToldFile && next() < 0.5
        ? { path: `/openai/v1/files/${id}-out/content`, answer: lines(...halves(counted).map(line)), isTold: true }
        : {
            path: `/openai/v1/batches/${id}`,
            answer: json({ ...told, usage: openaiUsage(counted), ...(isDone && { output_file_id: `${id}-out` }) }),
            isTold: Object.keys(counted).length > 0,
          }
    },
  },
  {
    provider: 'anthropic',
    model: 'm-claude',
    order: (id) => ({
      path: '/anthropic/v1/messages/batches',
      body: { requests: [{ custom_id: 'a', params: { model: 'm-claude', max_tokens: 5, messages: [] } }] },
      answer: json({ id, type: 'message_batch', processing_status: 'in_progress', results_url: null }),
    }),
    tell: ({ id, isDone, counted }) => {
      const usage = ({ inputTokens, cacheReadTokens, outputTokens }: Counts) => ({
        ...{ input_tokens: inputTokens, cache_read_input_tokens: cacheReadTokens, output_tokens: outputTokens },
        service_tier: 'batch',
      })
      const line = (counts: Counts) => ({
        result: { type: 'succeeded', message: { id: 'm', model: 'm-claude', usage: usage(counts) } },
      })
      return isDone
        ? {
            path: `/anthropic/v1/messages/batches/${id}/results`,
            answer: lines(...halves(counted).map(line)),
            isTold: true,
          }
        : {
            path: `/anthropic/v1/messages/batches/${id}`,
            answer: json({ id, type: 'message_batch', processing_status: 'in_progress', results_url: null }),
            isTold: false,
          }
    },
  },
]
