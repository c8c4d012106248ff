import type { JobPlace } from '../job-reading.ts'

/** The answer to an order: the job's id stands in this field. */
export const orderNamed = (field: string): JobPlace => ({
  path: [],
  fields: [field],
  counts: 'last',
  read: ({ [field]: id }) => (typeof id === 'string' ? { names: [id] } : undefined),
})
