import { at } from '../reading/is-record.ts'
import type { SocketUsage } from '../socket-route.ts'
import { readOpenaiUsage } from './usage.ts'

/** How a response ends: so in Realtime, by three names on the socket of the Responses API. */
const ends = ['response.done', 'response.completed', 'response.incomplete', 'response.failed']

/** What the caller said, written down by another model. Whisper's seconds have no price beside a session's tokens. */
const transcribed = 'conversation.item.input_audio_transcription.completed'

/** OpenAI's events: each finished response, and each transcript, tells its own counts. */
export const openaiSocketUsage: SocketUsage = {
  markers: [...ends, transcribed].map((name) => `"${name}"`),
  counts: 'each',
  read: (event) => {
    const type = String(at(event, 'type'))
    if (ends.includes(type)) return readOpenaiUsage(at(event, 'response', 'usage'))
    if (type !== transcribed || at(event, 'usage', 'type') === 'duration') return undefined
    return readOpenaiUsage(at(event, 'usage'))
  },
}
