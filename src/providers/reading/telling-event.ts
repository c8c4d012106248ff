import { type SseEvent, SseReader } from '../../lib/index.ts'
import { failureNames } from './stream-events.ts'

/** The event that tells an error, or else the first, of a text that is a stream's. Undefined: it is none. */
export function tellingEvent(text: string): SseEvent | undefined {
  if (!/^\s*(?:event|data|id|retry)?:/.test(text)) return undefined
  // A line that begins as JSON does is data, also where it is indented or does not say so.
  const lines = text.trim().replace(/^[ \t]*(?:data:[ \t]*)?(?=["[{])/gm, 'data:')
  const events = new SseReader().feed(Buffer.from(`${lines}\n\n`))
  return telling.map((tells) => events.find(tells)).find((event) => event !== undefined)
}

/** The surest sign first. */
const telling: readonly ((event: SseEvent) => boolean)[] = [
  ({ name }) => name !== undefined && failureNames.test(name),
  ({ data }) => /^["[{]/.test(data) && /error|exception|detail/i.test(data),
  ({ data }) => /^["[{]/.test(data),
  () => true,
]
