import { at } from '../reading/is-record.ts'
import type { SocketUsage } from '../socket-route.ts'
import { readOpenaiUsage } from './usage.ts'

/** How a response ends: so in Realtime, by three names on the socket of the Responses API. */
const ends = ['response.done', 'response.completed', 'response.incomplete', 'response.failed']

/** OpenAI's events: each finished response tells its own counts. */
export const openaiSocketUsage: SocketUsage = {
  markers: ends.map((name) => `"${name}"`),
  counts: 'each',
  read: (event) =>
    ends.includes(String(at(event, 'type'))) ? readOpenaiUsage(at(event, 'response', 'usage')) : undefined,
}
