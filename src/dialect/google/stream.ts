import { ChunkWriter, streamError } from '../chat/chunk-writer.ts'
import { toolCall } from '../chat/completion.ts'
import type { EventTranslation } from '../event-stream.ts'
import { isRecord, type Json, textOf } from '../json.ts'
import { callId, countsOf, finishOf, readGenerated, type Said } from './answer.ts'

export interface GenerateStreamOptions {
  model: string
  created: number
  includeUsage: boolean
}

/** Google's events as `chat.completion.chunk` events. Nothing marks the end of its stream but the end. */
export function generateEvents({ created, includeUsage, model }: GenerateStreamOptions): EventTranslation {
  const writer = new ChunkWriter({ id: 'chatcmpl', model, created }, { includeUsage })
  let answerId = String(created)
  let calls = 0
  let finishReason = ''
  let usage: Json = {}
  let failed = false

  function name(event: Json): void {
    if (calls > 0 || writer.head.id !== 'chatcmpl') return
    answerId = textOf(event['responseId']) || answerId
    writer.head = { created, id: `chatcmpl-${answerId}`, model: textOf(event['modelVersion']) || model }
  }

  function write(said: Said): string {
    return [
      said.reasoning === '' ? '' : writer.delta({ reasoning_content: said.reasoning }),
      said.text === '' ? '' : writer.delta({ content: said.text }),
      ...said.calls.map((call) => {
        const index = calls++
        return writer.delta({ tool_calls: [{ index, ...toolCall({ ...call, id: callId(answerId, index) }) }] })
      }),
      said.refusal === undefined ? '' : writer.delta({ refusal: said.refusal }),
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
      const said = readGenerated(event)
      finishReason = said.finishReason || finishReason
      usage = said.usage ?? usage
      return write(said)
    },
    end() {
      if (failed) return ''
      if (finishReason === '') return fail('The provider’s stream ended before its answer did.', 'provider_error')
      return writer.finish(finishOf(finishReason, calls > 0), countsOf(usage))
    },
  }
}
