import type { JobPlace, JobReading, ToldJob } from '../job-reading.ts'
import { isRecord, type Json } from '../reading/is-record.ts'
import { withToldCost } from '../reading/told-cost.ts'
import { openaiUsage } from './usage.ts'

const { read } = withToldCost(openaiUsage)
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** `usage` of an answer that a job brought; some vendors tell what it cost. */
export function toldBy({ model, usage }: Json, terms: readonly string[] = []): Pick<ToldJob, 'model' | 'usage'> {
  if (!isRecord(usage)) return { model: text(model) }
  const counts = read('"usage"', usage)
  return { model: text(model), usage: terms.length > 0 ? { ...counts, terms } : counts }
}

export const batchTerms = ['batch'] as const

/** Tiers that cost what no tier does. */
const usualTiers: ReadonlySet<unknown> = new Set(['default', 'auto', 'standard', 'on_demand'])

/** Only a response in the background is a job: others tell their counts when they are made, and are told again when they are read. */
function readResponse(fields: Json): ReturnType<JobPlace['read']> {
  const { id, background, service_tier: tier } = fields
  if ('background' in fields && background !== true) return 'no job'
  if (typeof id !== 'string' || background !== true) return undefined
  return { names: [id], ...toldBy(fields, typeof tier === 'string' && !usualTiers.has(tier) ? [tier] : []) }
}

const responseFields = ['id', 'background', 'model', 'service_tier', 'usage']

/** Responses in the background: as they are, or in the events of a stream. */
export const responseJob: JobReading = {
  places: [[], ['response']].map((path) => ({ path, fields: responseFields, counts: 'last', read: readResponse })),
}

/** A batch is known by its own id, and by the id of the file that has its results: both tell its counts. */
function readBatch(fields: Json): ReturnType<JobPlace['read']> {
  const { id, object, output_file_id: outputFile, output_file: file } = fields
  if (object !== undefined && object !== 'batch') return 'no job'
  if (typeof id !== 'string') return undefined
  return {
    names: [id, text(outputFile) ?? text(file)].filter((name) => name !== undefined),
    ...toldBy(fields, batchTerms),
  }
}

const batchFields = ['id', 'object', 'output_file_id', 'output_file', 'model', 'usage']

/** What one request of a batch brought. */
const result = (...path: string[]): JobPlace => ({
  path: [...path, 'response', 'body'],
  fields: ['model', 'usage'],
  counts: 'each',
  read: (fields) => toldBy(fields, batchTerms),
})

/** Batches: as they are, under `job` when they are made (Together), or with their results (Mistral, OpenRouter). */
export const batchJob: JobReading = {
  places: [
    { path: [], fields: batchFields, counts: 'last', read: readBatch },
    { path: ['job'], fields: batchFields, counts: 'last', read: readBatch },
    result('outputs', '*'),
    result('results', '*'),
  ],
}

/** The file with a batch's results, line by line. */
export const batchLines: JobReading = { places: [result()] }

/** What OpenAI, Azure and Mistral take for a batch on any model, by their pages, read 2026-11; others differ by model or over time. */
export const halfForBatches = [{ term: 'batch', factor: 0.5 }] as const

/** An answer that is made later and told at an address of its own. */
export const laterAnswer = (path: readonly string[]): JobPlace => ({
  path,
  fields: ['model', 'usage'],
  counts: 'last',
  read: (fields) => toldBy(fields),
})
