import { z } from 'zod'
import { configIdSchema, environmentSchema, lineSchema, timeSchema, userIdSchema, wholeSchema } from './fields.ts'
import { errorClasses, holders, keyStatuses } from './words.ts'

export const testStatuses = ['valid', 'invalid', 'permission', 'quota', 'network'] as const
export type TestStatus = (typeof testStatuses)[number]

export const checkNames = ['shape', 'reachable', 'authenticated', 'permitted', 'model', 'latency'] as const
export type CheckName = (typeof checkNames)[number]

/**
 * What a check found, beside the codes of a failure (the provider's cause where it told one, else the error class). Facts:
 * `provider`, `host`, `capability`, `model`, `other` provider, `prefixes`, whichever the sentence names.
 */
export const checkCodes = [
  'usual_shape',
  'unusual_shape',
  'looks_like',
  'wrong_prefix',
  'wrong_shape',
  'no_answer',
  'answers',
  'own_trouble',
  'accepted',
  'may_be_used',
  'nothing_against',
  'fast',
  'slow',
] as const
export type CheckCode = (typeof checkCodes)[number]

/** What was noticed in pasted text. */
export const remarkCodes = ['spaces_removed', 'looks_like', 'unusual_form', 'unusual_prefix'] as const
export type RemarkCode = (typeof remarkCodes)[number]

const sentenceFacts = z.record(z.string(), z.string())

/** One thing that was tried, in the order of trying. What was not tried is not listed. */
export const keyCheckSchema = z.object({
  name: z.enum(checkNames),
  ok: z.boolean(),
  detail: z.string(),
  /** Whole milliseconds. */
  latencyMs: wholeSchema.optional(),
  /** For `permitted`: the capability that was tried. */
  capability: z.string().optional(),
  /** `detail` as a code with facts, for pages in other languages. */
  code: z.string().optional(),
  facts: sentenceFacts.optional(),
})
export type KeyCheck = z.output<typeof keyCheckSchema>

const notedSchema = z.object({ code: z.enum(remarkCodes), facts: sentenceFacts })
export type Noted = z.output<typeof notedSchema>

export const keyTestSchema = z
  .object({
    status: z.enum(testStatuses),
    checks: z.array(keyCheckSchema),
    /** Why, in a sentence; absent when the key is valid. */
    reason: z.string().optional(),
    fix: z.string().optional(),
    /** `reason` as a code: the provider's cause where it told one, else the error class; and what it said is lacking. */
    cause: z.string().optional(),
    missing: z.string().optional(),
    /** The provider's limits for this key, as its answer's headers told them: header → value. */
    limits: z.record(z.string(), z.string()).optional(),
    /** What was mended or noticed in what was pasted ("2 spaces were removed"). */
    remarks: z.array(z.string()).optional(),
    /** The same, in the same order, as codes with facts. */
    noted: z.array(notedSchema).optional(),
  })
  .meta({ id: 'KeyTest' })
export type KeyTest = z.output<typeof keyTestSchema>

/** A key as anyone may see it: no part of the secret beyond a public prefix and the last four characters. */
export const maskedKeySchema = z
  .object({
    id: z.string(),
    /** The public id of the provider. */
    provider: z.string(),
    environment: z.string(),
    holder: z.enum(holders),
    /** The user whose key it is; null for an organization's key. */
    user: z.string().nullable(),
    state: z.enum(['active', 'disabled']),
    /** `AIza••••1234`, `sk-...abcd`. */
    hint: z.string(),
    last4: z.string(),
    status: z.enum(keyStatuses),
    /** The class of failure behind the status, as exactly as it is known; null when nothing is wrong. */
    statusClass: z.enum(errorClasses).nullable().optional(),
    /** `statusReason` as a code: the provider's cause where it told one, else the class. */
    statusCause: z.string().nullable().optional(),
    /** Cause and remedy of the status; both null when there is nothing to do. */
    statusReason: z.string().nullable(),
    statusFix: z.string().nullable(),
    /** `all` or a scope's name. */
    scope: z.string(),
    model: z.string().nullable(),
    /** Whether the platform's key steps in when this key fails: the toggle where there is one, else the plan's rule. */
    fallback: z.boolean(),
    label: z.string().nullable(),
    /** The team or person that answers for the key. */
    owner: z.string().nullable(),
    /** `YYYY-MM-DD`. */
    rotateBy: z.string().nullable(),
    rotation: z.enum(['none', 'scheduled', 'due_soon', 'overdue']),
    region: z.string().nullable(),
    baseUrl: z.string().nullable(),
    /** The host that the key is bound to. */
    host: z.string(),
    version: wholeSchema,
    createdAt: timeSchema,
    createdBy: z.string(),
    updatedAt: timeSchema,
    updatedBy: z.string(),
    lastUsedAt: timeSchema.nullable(),
    lastTest: keyTestSchema.extend({ at: timeSchema }).nullable(),
    hostAllowed: z
      .boolean()
      .optional()
      .describe('False: its host lies outside the plan’s regions, so it serves nothing, and cannot be enabled.'),
    /** The key that this one replaced, for as long as `POST …/restore` can put it back; null: none. */
    restorable: z
      .object({
        hint: z.string(),
        until: timeSchema,
        allowed: z
          .boolean()
          .optional()
          .describe('False: its host lies outside the plan’s regions, so it cannot be put back.'),
      })
      .nullable()
      .optional(),
  })
  .meta({ id: 'MaskedKey' })
export type MaskedKey = z.output<typeof maskedKeySchema>

/** What may be said of a key besides the key itself. `null` clears what is optional. */
const keyChoices = {
  model: lineSchema.nullable().optional(),
  scope: configIdSchema.optional().describe('`all` or the name of a scope of the plan.'),
  fallback: z.boolean().optional().describe('Only where the plan leaves it to the customer.'),
  label: lineSchema.nullable().optional(),
  owner: lineSchema.nullable().optional().describe('The team or person that answers for the key.'),
  rotateBy: z.iso.date().nullable().optional().describe('YYYY-MM-DD; reminders come before it, as the plan says.'),
  baseUrl: z
    .string()
    .max(500)
    .nullable()
    .optional()
    .describe('https://host[:port][/path] of an own or compatible endpoint.'),
  region: configIdSchema.nullable().optional(),
}

const slot = {
  environment: environmentSchema.optional().describe('Default: `production`.'),
  user: userIdSchema.optional().describe('Whose key, where keys belong to users; only the operator may name another.'),
}

export const putKeySchema = z
  .strictObject({ key: z.string().min(1).max(20_000), ...keyChoices, ...slot })
  .meta({ id: 'PutKey' })
export type PutKey = z.input<typeof putKeySchema>

/** `key` is accepted together with a changed host only because the key is bound to its host. */
export const patchKeySchema = z
  .strictObject({ key: z.string().min(1).max(20_000).optional(), ...keyChoices, ...slot })
  .meta({ id: 'PatchKey' })
export type PatchKey = z.input<typeof patchKeySchema>

/** With `key`: tests it without saving. Without: tests the saved one. */
export const testKeySchema = z
  .strictObject({
    key: z.string().min(1).max(20_000).optional(),
    model: lineSchema.nullable().optional(),
    scope: configIdSchema.optional(),
    baseUrl: z.string().max(500).nullable().optional(),
    region: configIdSchema.nullable().optional(),
    ...slot,
  })
  .meta({ id: 'TestKey' })
export type TestKey = z.input<typeof testKeySchema>

/** The slot, as query parameters of every call under `/keys/{provider}`. */
export const keySlotQuerySchema = z.strictObject(slot)
export type KeySlotQuery = z.input<typeof keySlotQuerySchema>

/** PUT: the masked key, and what was noticed in the pasted text. */
export const savedKeySchema = maskedKeySchema
  .extend({ remarks: z.array(z.string()).optional(), noted: z.array(notedSchema).optional() })
  .meta({ id: 'SavedKey' })
export type SavedKey = z.output<typeof savedKeySchema>
