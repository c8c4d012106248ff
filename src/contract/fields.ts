import { z } from 'zod'

/** The sentences of forms that fields may have; `fieldErrors` knows them by these words. */
export const fieldForms = {
  orgId: 'an id: letters, digits and "_ . : @ -", at most 128 characters',
  userId: 'an id: letters, digits and "_ . : @ | + -", at most 255 characters',
  environment: 'an environment: letters, digits, "_", "-" and ".", at most 64 characters',
  configId: 'an id: letters, digits, "_", "-" and ".", at most 64 characters',
  oneLine: 'must be one line without control characters, those that change the direction of text included',
  locale: 'a locale such as "en" or "zh-Hans"',
  notZero: 'must not be 0',
  missing: 'is missing',
  moment: 'a date or a moment, such as 2026-01-31 or 2026-01-31T12:00:00Z',
} as const

/** Field types that several documents share. Control characters never pass, so nothing can forge a log or CSV line. */

/** Ids that the platform chooses: organizations, users. */
export const orgIdSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}$/, fieldForms.orgId)
export const userIdSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@|+-]{0,254}$/, fieldForms.userId)

/** What an id of the configuration may be; environments are such ids too, whether it declares them or not. */
export const idPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/

export const environmentSchema = z.string().regex(idPattern, fieldForms.environment)

/** Ids of the configuration: plans, features, providers, meters. */
export const configIdSchema = z.string().regex(/^[A-Za-z0-9_*][A-Za-z0-9_.-]{0,63}$/, fieldForms.configId)

/** One line of text for people. */
export const lineSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'at most 200 characters')
  .regex(/^[^\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]*$/, fieldForms.oneLine)

export const localeSchema = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, fieldForms.locale)

/** UTC, ISO 8601, with milliseconds. */
export const timeSchema = z.iso.datetime()

export const wholeSchema = z.int().min(0)

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** How long, in seconds, or as a text with its unit: "90s", "15m", "1h", "7d". Read as seconds. */
export function durationSchema(maxSeconds: number) {
  const seconds = z.int().min(1, 'must be at least a second').max(maxSeconds, `must be at most ${maxSeconds} seconds`)
  const form = `a whole number of seconds, or a text such as "90s", "15m", "1h" or "7d"; at most ${maxSeconds} seconds`
  return z
    .union([seconds, z.string().regex(/^[0-9]{1,10}[smhd]?$/, form)], { error: form })
    .transform((written) =>
      typeof written === 'number' ? written : Number.parseInt(written, 10) * (secondsOf[written.slice(-1)] ?? 1),
    )
    .pipe(seconds)
}
