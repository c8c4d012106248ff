import { OwnkeyError } from '../../contract/index.ts'

const dayMs = 86_400_000

/** From here on, and before there. */
export interface Range {
  from: Date
  to: Date
}

/**
 * A date alone means the whole day, in UTC. Default: the last 30 days.
 * @throws OwnkeyError `request_invalid` when it ends before it begins
 */
export function readRange({ from, to }: { from?: string | undefined; to?: string | undefined }, now: number): Range {
  const end = to === undefined ? new Date(now + 1) : isDate(to) ? new Date(Date.parse(to) + dayMs) : new Date(to)
  const start = from === undefined ? new Date(end.getTime() - 30 * dayMs) : new Date(from)
  if (start < end) return { from: start, to: end }
  const detail = '"from" must be before "to".'
  throw new OwnkeyError('request_invalid', { detail, errors: [{ field: 'query.from', detail, code: 'wrong' }] })
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text)
}
