import { z } from 'zod'

/** Field types that several documents share. Control characters never pass, so nothing can forge a log or CSV line. */

/** Ids that the platform chooses: organizations, users. */
export const orgIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}$/, 'an id: letters, digits and "_ . : @ -", at most 128 characters')
export const userIdSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.:@|+-]{0,254}$/,
    'an id: letters, digits and "_ . : @ | + -", at most 255 characters',
  )

/** What an id of the configuration may be; environments are such ids too, whether it declares them or not. */
export const idPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/

export const environmentSchema = z
  .string()
  .regex(idPattern, 'an environment: letters, digits, "_", "-" and ".", at most 64 characters')

/** Ids of the configuration: plans, features, providers, meters. */
export const configIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_*][A-Za-z0-9_.-]{0,63}$/, 'an id: letters, digits, "_", "-" and ".", at most 64 characters')

/** One line of text for people. */
export const lineSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'at most 200 characters')
  .regex(/^[^\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]*$/u, 'must be one line without control characters')

export const localeSchema = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a locale such as "en" or "zh-Hans"')

/** UTC, ISO 8601, with milliseconds. */
export const timeSchema = z.iso.datetime()

export const wholeSchema = z.int().min(0)
