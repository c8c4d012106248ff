/** The largest count that any answer may tell: what is above is a fault or a lie, and must not reach the books. */
const mostOfAnything = 2_147_483_647

/**
 * A provider's count as a whole number from 0 to 2 147 483 647; undefined when it tells none (missing, null, NaN, text
 * that is no number). Negative numbers become 0, huge ones the limit.
 */
export function count(value: unknown): number | undefined {
  const number = toNumber(value)
  return number === undefined ? undefined : Math.min(Math.max(0, Math.floor(number)), mostOfAnything)
}

/** Seconds, which may be broken: 0 to 2 147 483 647, to the millisecond. */
export function seconds(value: unknown): number | undefined {
  const number = toNumber(value)
  return number === undefined ? undefined : Math.min(Math.max(0, Math.round(number * 1000) / 1000), mostOfAnything)
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'string') return /^\s*-?\d{1,30}(\.\d{1,30})?\s*$/.test(value) ? Number(value) : undefined
  return typeof value !== 'number' || Number.isNaN(value) ? undefined : value
}

/** Only the fields that are told: a later occurrence in a stream must not erase an earlier one by `undefined`. */
export function told<T extends Record<string, number | undefined>>(counts: T): { [K in keyof T]?: number } {
  const kept: { [K in keyof T]?: number } = {}
  for (const name in counts) if (counts[name] !== undefined) kept[name] = counts[name]
  return kept
}

/** A part of other counts, which is told only where there is any of it; at most `whole`. */
export function part(value: unknown, whole: number | undefined): number | undefined {
  return Math.min(count(value) ?? 0, whole ?? 0) || undefined
}

/** The characters of a text as people count them; undefined for anything else. */
export function textLength(value: unknown): number | undefined {
  return typeof value === 'string' ? [...value].length : undefined
}
