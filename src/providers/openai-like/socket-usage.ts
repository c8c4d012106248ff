import type { SocketUsage } from '../provider.ts'
import { at } from '../reading/is-record.ts'
import { readOpenaiUsage } from './usage.ts'

/** OpenAI's Realtime events: each finished response tells its own counts. */
export const openaiSocketUsage: SocketUsage = {
  markers: ['"response.done"'],
  counts: 'each',
  read: (event) =>
    at(event, 'type') === 'response.done' ? readOpenaiUsage(at(event, 'response', 'usage')) : undefined,
}
