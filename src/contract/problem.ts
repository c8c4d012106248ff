import { z } from 'zod'

/** What is wrong with one field of a request. It never holds the value that was sent. */
export const fieldErrorSchema = z.object({
  /** Where: `body.model`, `query.from`, `params.org`. */
  field: z.string(),
  detail: z.string(),
  /** The name that was probably meant, for a field that does not exist. */
  didYouMean: z.string().optional(),
})
export type FieldError = z.output<typeof fieldErrorSchema>

/** Every error of the control API (RFC 9457, `application/problem+json`), with a stable `code` and what to do. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    fix: z.string(),
    errors: z.array(fieldErrorSchema).optional(),
    /** Facts for machines: a limit, a host, the checks of a refused key. */
    facts: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.output<typeof problemSchema>
