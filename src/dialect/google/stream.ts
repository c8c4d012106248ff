import { laterUsage, type Usage } from '../../providers/index.ts'
import { ChunkWriter, streamError } from '../chat/chunk-writer.ts'
import { imageField, toolCall } from '../chat/completion.ts'
import type { EventTranslation } from '../event-stream.ts'
import { isRecord, type Json, textOf } from '../json.ts'
import { callId, finishOf, readCandidates, type Said, usageIn } from './answer.ts'

export interface GenerateStreamOptions {
  model: string
  created: number
  includeUsage: boolean
  /** How many answers were asked for. */
  choices: number
}

/** Google's events as `chat.completion.chunk` events. Nothing marks the end of its stream but the end. */
export function generateEvents({ created, includeUsage, model, choices }: GenerateStreamOptions): EventTranslation {
  const writer = new ChunkWriter({ id: 'chatcmpl', model, created }, { includeUsage })
  let answerId = String(created)
  let calls = 0
  /** By choice: what it said last of its end, how many calls and pictures it made, and whether it was said why it refused. */
  const ends = Array.from({ length: choices }, () => ({ reason: '', calls: 0, images: 0, refused: false }))
  let usage: Usage = {}
  let failed = false

  function name(event: Json): void {
    if (calls > 0 || writer.head.id !== 'chatcmpl') return
    answerId = textOf(event['responseId']) || answerId
    writer.head = { created, id: `chatcmpl-${answerId}`, model: textOf(event['modelVersion']) || model }
  }

  function write(said: Said, index: number): string {
    const end = ends[index]
    // More answers than were asked for are none of the caller's.
    if (end === undefined) return ''
    end.reason = said.finishReason || end.reason
    const { logprobs } = said
    // The reason for an end may come again with the counts.
    const refusal = end.refused ? undefined : said.refusal
    end.refused ||= refusal !== undefined
    return [
      said.reasoning === '' ? '' : writer.delta({ reasoning_content: said.reasoning }, { index }),
      said.text === '' && logprobs === undefined ? '' : writer.delta({ content: said.text }, { index, logprobs }),
      ...said.calls.map((call) => {
        const made = { index: end.calls++, ...toolCall({ ...call, id: callId(answerId, calls++) }) }
        return writer.delta({ tool_calls: [made] }, { index })
      }),
      ...said.images.map((image) => writer.delta({ images: [imageField(image, end.images++)] }, { index })),
      refusal === undefined ? '' : writer.delta({ refusal }, { index }),
    ].join('')
  }

  function fail(message: string, code: string): string {
    failed = true
    return writer.error(streamError(message, code))
  }

  return {
    event(event) {
      if (failed) return ''
      if (isRecord(event['error'])) return fail(textOf(event['error']['message']), textOf(event['error']['status']))
      name(event)
      usage = laterUsage(usage, usageIn(event))
      return readCandidates(event)
        .map(({ index, said }) => write(said, index))
        .join('')
    },
    end() {
      if (failed) return ''
      if (ends.every(({ reason }) => reason === ''))
        return fail('The provider’s stream ended before its answer did.', 'provider_error')
      const reasons = ends.map(({ reason, calls: made }) => finishOf(reason, made > 0))
      return writer.finish(reasons, usage)
    },
  }
}
