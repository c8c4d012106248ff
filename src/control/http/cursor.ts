import { z } from 'zod'
import { OwnkeyError } from '../../contract/index.ts'
import { findUnstorable } from './unstorable.ts'

/** A moment of a row, in milliseconds, as a position in a list. */
export const momentSchema = z
  .int()
  .min(0)
  .max(Date.UTC(9999, 11, 31))

/** A row's number within its log. */
export const numberSchema = z.int().min(0)

/** Where a list goes on: the last row's sort values. Opaque to callers, so that it may change. */
export function writeCursor(list: string, position: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify([list, ...position]), 'utf8').toString('base64url')
}

/**
 * @param list the list's name; a cursor of another list is refused
 * @throws OwnkeyError `request_invalid`
 */
export function readCursor<Position extends z.ZodType>(
  list: string,
  position: Position,
  cursor: string | undefined,
): z.output<Position> | undefined {
  if (cursor === undefined) return undefined
  const parsed = z.tuple([z.literal(list)], z.unknown()).safeParse(decode(cursor))
  const checked = parsed.success ? position.safeParse(parsed.data.slice(1)) : undefined
  if (checked?.success && !findUnstorable(checked.data)) return checked.data
  const detail = 'This cursor is not one of this list.'
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: 'Start again without a cursor, and pass on `nextCursor` as it comes.',
    errors: [{ field: 'query.cursor', detail, code: 'wrong' }],
  })
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** A page of at most `limit` from rows that were asked for with one more than that. */
export function pageFrom<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => string,
): { rows: readonly Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { rows: page, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}

/** How many rows a page has: what was asked for, else 50, or 10 000 in a CSV. */
export function pageSize(limit: number | undefined, csv: boolean): number {
  return limit ?? (csv ? 10_000 : 50)
}
