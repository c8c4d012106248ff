import { z } from 'zod'
import { OwnkeyError, type UsageGroup, usageGroups, usageQuerySchema, usageSchema } from '../../../contract/index.ts'
import { closestName } from '../../../lib/index.ts'
import { publicProviderId } from '../../../policy/index.ts'
import { sumUsage, type UsageTotalsRow } from '../../../store/index.ts'
import { entryFilter } from '../../entry-filter.ts'
import { pageFrom, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { showCounts, showRows, usageTable } from './show-usage.ts'

export const getUsage = defineRoute({
  name: 'usage.get',
  method: 'GET',
  path: '/api/v1/orgs/:org/usage',
  tag: 'Books',
  summary: 'Requests, tokens, characters, cost and credits over time, by one or two groups, in their order.',
  params: z.object({ org: z.string() }),
  query: usageQuerySchema,
  answer: usageSchema,
  async handle(call, deps) {
    const groupBy = readGroups(call.query.groupBy)
    const asked = await entryFilter(call, deps)
    const wholeDays = asked.user !== undefined || groupBy.includes('user')
    if (wholeDays && groupBy.includes('hour'))
      throw wrongGroups('Users are told apart by days: name day in place of hour.')
    const filter = { ...asked, wholeDays, limit: 1 }
    const list = `usage by ${groupBy}`
    const after = readCursor(list, z.array(z.string().nullable()).length(groupBy.length), call.query.cursor)
    const { limit } = call.query
    const [found, [total]] = await Promise.all([
      sumUsage(deps.database, { ...filter, after, limit: limit + 1 }, groupBy),
      sumUsage(deps.database, filter, []),
    ])
    const { rows, nextCursor } = pageFrom(found, limit, ({ groups }) => writeCursor(list, groups))
    const { policy } = deps.inForce()
    const shown = (group: UsageGroup, value: string | null) =>
      group === 'provider' && value !== null ? publicProviderId(policy, value) : value
    const report = { groupBy, rows: showRows(rows, groupBy, shown) }
    if (call.csv) return { csv: usageTable(report), nextCursor }
    return {
      ...report,
      from: filter.from.toISOString(),
      to: filter.to.toISOString(),
      total: showCounts(total as UsageTotalsRow),
      nextCursor,
    }
  },
})

function readGroups(text: string): UsageGroup[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !(usageGroups as readonly string[]).includes(name))
  const detail =
    unknown !== undefined
      ? `There is no such group; known are ${usageGroups.join(', ')}.`
      : names.length > 2 || new Set(names).size < names.length
        ? 'Name one or two different groups.'
        : undefined
  if (detail === undefined) return names as UsageGroup[]
  throw wrongGroups(detail, unknown === undefined ? undefined : closestName(unknown, usageGroups))
}

function wrongGroups(detail: string, meant?: string): OwnkeyError {
  return new OwnkeyError('request_invalid', {
    detail: `query.groupBy: ${detail}`,
    errors: [{ field: 'query.groupBy', detail, code: 'wrong', ...(meant ? { didYouMean: meant } : {}) }],
  })
}
