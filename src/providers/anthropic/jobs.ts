import type { JobReading } from '../job-reading.ts'
import { orderNamed } from '../reading/order-named.ts'
import type { Usage } from '../usage-reading.ts'
import { readAnthropicUsage } from './usage.ts'

/** A batch: it tells no counts, its results do. A list of batches has no id. */
export const anthropicBatch: JobReading = { places: [orderNamed('id')] }

/** Each line names the tier, too. */
function ofBatch(usage: unknown): Usage {
  const { terms = [], ...counts } = readAnthropicUsage(usage)
  return { ...counts, terms: terms.includes('batch') ? terms : [...terms, 'batch'] }
}

/** The results of a batch, line by line. */
export const anthropicResults: JobReading = {
  places: [
    {
      path: ['result', 'message'],
      fields: ['model', 'usage'],
      counts: 'each',
      read: ({ model, usage }) => ({
        model: typeof model === 'string' ? model : undefined,
        usage: ofBatch(usage),
      }),
    },
  ],
}
