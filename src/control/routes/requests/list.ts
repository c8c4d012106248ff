import { z } from 'zod'
import { type ErrorClass, type RequestRow, requestsPageSchema, requestsQuerySchema } from '../../../contract/index.ts'
import { type Policy, publicProviderId } from '../../../policy/index.ts'
import { entryFilter } from '../../entry-filter.ts'
import type { CsvTable } from '../../http/csv.ts'
import { momentSchema, pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { decimalFromPico } from '../../money.ts'
import { type EntryRow, listEntries } from '../../queries/entries.ts'

export const listRequests = defineRoute({
  name: 'requests.list',
  method: 'GET',
  path: '/api/v1/orgs/:org/requests',
  tag: 'Books',
  summary: 'Attempts at providers, newest first: metadata only, never a prompt or an answer.',
  params: z.object({ org: z.string() }),
  query: requestsQuerySchema,
  answer: requestsPageSchema,
  async handle(call, deps) {
    const { query, csv } = call
    const limit = pageSize(query.limit, csv)
    const position = readCursor('requests', z.tuple([momentSchema, z.string()]), query.cursor)
    const found = await listEntries(deps.database, await entryFilter(call, deps), {
      outcome: query.outcome,
      requestId: query.requestId,
      before: position && { startedAt: new Date(position[0]), id: position[1] },
      limit: limit + 1,
    })
    const { rows, nextCursor } = pageFrom(found, limit, (row) =>
      writeCursor('requests', [row.started_at.getTime(), row.id]),
    )
    const { policy } = deps.inForce()
    const items = rows.map((row) => showRequest(row, policy))
    return csv ? { csv: requestTable(items), nextCursor } : { items, nextCursor }
  },
})

export function showRequest(row: EntryRow, policy: Policy): RequestRow {
  return {
    id: row.id,
    requestId: row.request_id,
    attempt: row.attempt,
    startedAt: row.started_at.toISOString(),
    state: row.state,
    user: row.user_id,
    feature: row.feature,
    environment: row.environment,
    provider: publicProviderId(policy, row.provider),
    model: row.model,
    surface: row.surface,
    keySource: row.key_source,
    host: row.host,
    region: row.region,
    status: row.status,
    errorClass: row.error_class as ErrorClass | null,
    fallbackClass: row.fallback_class as ErrorClass | null,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    reasoningTokens: row.reasoning_tokens,
    characters: row.characters,
    audioSeconds: row.audio_ms === null ? null : row.audio_ms / 1000,
    estimated: row.estimated,
    credits: row.credits,
    meter: row.meter,
    cost:
      row.cost === null || row.currency === null ? null : { currency: row.currency, amount: decimalFromPico(row.cost) },
    firstByteMs: row.first_byte_ms,
    durationMs: row.duration_ms,
  }
}

const columns = [
  'startedAt',
  'requestId',
  'attempt',
  'state',
  'user',
  'feature',
  'environment',
  'provider',
  'model',
  'surface',
  'keySource',
  'host',
  'region',
  'status',
  'errorClass',
  'fallbackClass',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'characters',
  'audioSeconds',
  'estimated',
  'credits',
  'meter',
  'firstByteMs',
  'durationMs',
] as const

export function requestTable(items: readonly RequestRow[]): CsvTable {
  return {
    header: [...columns, 'cost', 'currency'],
    rows: items.map((item) => [...columns.map((name) => item[name]), item.cost?.amount, item.cost?.currency]),
  }
}
