import { OwnkeyError } from '../../contract/index.ts'
import { dayMs } from '../../lib/index.ts'

/** From here on, and before there. */
export interface Range {
  from: Date
  to: Date
}

/** From 1970 to the end of 9999, the last year that is written with four digits everywhere. */
const bounds = { first: 0, last: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }

/**
 * A date alone means the whole day, in UTC. Default: the last 30 days. A moment beyond what can be kept is the outermost that
 * can: years 1 and 9999 are how some languages write "always".
 * @throws OwnkeyError `request_invalid` when it ends before it begins
 */
export function readRange({ from, to }: { from?: string | undefined; to?: string | undefined }, now: number): Range {
  const end = within(to === undefined ? now + 1 : Date.parse(to) + (isDate(to) ? dayMs : 0))
  const start = within(from === undefined ? end.getTime() - 30 * dayMs : Date.parse(from))
  if (start < end) return { from: start, to: end }
  const detail = '"from" must be before "to".'
  throw new OwnkeyError('request_invalid', { detail, errors: [{ field: 'query.from', detail, code: 'wrong' }] })
}

function within(moment: number): Date {
  return new Date(Math.min(Math.max(moment, bounds.first), bounds.last))
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text)
}
