import { type SseEvent, SseReader } from '../lib/index.ts'
import { type Json, parseRecord } from './json.ts'
import type { StreamTranslation } from './translation.ts'

/** Larger than any event that a provider writes, pictures included. */
export const maxEventBytes = 32 * 1024 * 1024

/** What a translation makes of each event, and of the end. */
export interface EventTranslation {
  event(event: Json, name: string | undefined): string
  end(): string
}

/** Reads events out of bytes that are split anywhere. An event that is no JSON object says nothing to a translation. */
export function translateEvents(translation: EventTranslation): StreamTranslation {
  const reader = new SseReader({ maxEventBytes })
  const say = (events: readonly SseEvent[]): string =>
    events.map(({ data, name }) => translation.event(parseRecord(data), name)).join('')
  return {
    feed: (chunk) => say(reader.feed(chunk)),
    // An event whose closing empty line is missing counts all the same.
    end: () => say(reader.feed(Buffer.from('\n\n'))) + translation.end(),
  }
}
