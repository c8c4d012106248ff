import { z } from 'zod'

/**
 * What is wrong with a field, for pages in other languages. Facts: `limit`, `known` or `reason` (the configuration's own
 * words), whichever the sentence names.
 */
export const fieldCodes = [
  'unknown_field',
  'missing',
  'wrong_kind',
  'empty',
  'too_long',
  'too_small',
  'too_large',
  'not_whole',
  'zero',
  'not_a_date',
  'one_line',
  'id_form',
  'locale_form',
  'unknown_value',
  'wrong',
  'reason',
  'model_not_allowed',
  'plan_decides',
  'host_missing',
  'no_regions',
  'key_form',
  'key_refused',
  'key_again',
  'not_text',
] as const
export type FieldCode = (typeof fieldCodes)[number]

/** What is wrong with one field of a request. It never holds the value that was sent. */
export const fieldErrorSchema = z.object({
  /** Where: `body.model`, `query.from`, `params.org`. */
  field: z.string(),
  detail: z.string(),
  /** `detail` as a code with facts. */
  code: z.enum(fieldCodes),
  facts: z.record(z.string(), z.string()).optional(),
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
