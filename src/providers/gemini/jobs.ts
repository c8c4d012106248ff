import type { JobPlace, JobReading } from '../job-reading.ts'
import { count, told } from '../reading/count.ts'
import { isRecord, type Json } from '../reading/is-record.ts'
import { googleUsage, readGoogleUsage } from './usage.ts'

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** What one request of a batch brought; of embeddings the tokens alone are told. */
const result = (...path: string[]): JobPlace => ({
  path: [...path, 'response'],
  fields: ['modelVersion', 'usageMetadata', 'tokenCount'],
  counts: 'each',
  read: ({ modelVersion, usageMetadata, tokenCount }) => {
    const counts = isRecord(usageMetadata) ? readGoogleUsage(usageMetadata) : told({ inputTokens: count(tokenCount) })
    return { model: text(modelVersion), usage: { ...counts, terms: ['batch'] } }
  },
})

/** The file in which the results will be, by which they can be fetched, too. */
const file = (...path: string[]): JobPlace => ({
  path,
  fields: ['responsesFile'],
  counts: 'last',
  read: ({ responsesFile }) => (typeof responsesFile === 'string' ? { names: [responsesFile] } : undefined),
})

/** A batch is a long operation, which tells its results twice. A list of them has no name. */
export const googleBatch: JobReading = {
  places: [
    {
      path: [],
      fields: ['name'],
      counts: 'last',
      read: ({ name }) => (typeof name === 'string' ? { names: [name] } : undefined),
    },
    {
      path: ['metadata'],
      fields: ['model'],
      counts: 'last',
      read: ({ model }) => ({ model: text(model)?.replace(/^models\//, '') }),
    },
    ...[['response'], ['metadata', 'output']].flatMap((output) => [
      file(...output),
      result(...output, 'inlinedResponses', 'inlinedResponses', '*'),
      result(...output, 'inlinedEmbedContentResponses', 'inlinedResponses', '*'),
    ]),
  ],
}

/** The file with a batch's results, line by line. */
export const googleLines: JobReading = { places: [result()] }

/** Deep research and the like name an agent instead of a model. */
function readInteraction({ id, model, agent, usage }: Json): ReturnType<JobPlace['read']> {
  if (typeof id !== 'string') return undefined
  const counts = isRecord(usage) ? googleUsage.read('"usage"', usage) : {}
  return { names: [id], model: text(model) ?? text(agent), usage: counts }
}

/** Interactions are told again whenever they are read, and do not say whether they were made in the background. */
export const interactionJob: JobReading = {
  places: [[], ['interaction']].map((path) => ({
    path,
    fields: ['id', 'model', 'agent', 'usage'],
    counts: 'last',
    read: readInteraction,
  })),
}
