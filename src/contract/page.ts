import { z } from 'zod'

/** `nextCursor` is opaque; null on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

export const cursorQuery = {
  cursor: z.string().max(512).optional().describe('`nextCursor` of the page before.'),
  limit: z.coerce.number().int().min(1).max(200).optional().describe('Default 50; for CSV 10 000.'),
}
