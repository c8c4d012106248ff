import { ChunkWriter, streamError } from '../chat/chunk-writer.ts'
import type { EventTranslation } from '../event-stream.ts'
import { entryOf, type Json, recordOf, textOf } from '../json.ts'
import { countsOf, finishOf, refusalOf } from './answer.ts'

export interface MessageStreamOptions {
  model: string
  created: number
  includeUsage: boolean
  asJson: boolean
}

/** What is known of the message while its events come. */
interface Progress {
  writer: ChunkWriter
  asJson: boolean
  /** Later fields win: the counts of a stream are cumulative. */
  usage: Json
  /** How many tools were called so far. */
  calls: number
  /** The block under way. */
  block: Json
  stop: Json
  over: boolean
}

/** Anthropic's events as `chat.completion.chunk` events. */
export function messageEvents({ created, includeUsage, asJson, model }: MessageStreamOptions): EventTranslation {
  const progress: Progress = {
    writer: new ChunkWriter({ id: 'chatcmpl', model, created }, { includeUsage }),
    asJson,
    usage: {},
    calls: 0,
    block: {},
    stop: {},
    over: false,
  }
  return {
    event: (event) => (progress.over ? '' : (entryOf(events, event['type'])?.(event, progress) ?? '')),
    end: () =>
      progress.over
        ? ''
        : progress.writer.error(streamError('The provider’s stream ended before its answer did.', 'provider_error')),
  }
}

const events: Readonly<Record<string, (event: Json, progress: Progress) => string>> = {
  message_start: ({ message }, progress) => {
    const { id, model, usage } = recordOf(message)
    const { head } = progress.writer
    progress.writer.head = { ...head, id: textOf(id) || head.id, model: textOf(model) || head.model }
    progress.usage = recordOf(usage)
    return ''
  },
  content_block_start: ({ content_block: block }, progress) => {
    progress.block = { ...recordOf(block) }
    return entryOf(starts, progress.block['type'])?.(progress) ?? ''
  },
  content_block_delta: ({ delta }, progress) => {
    const change = recordOf(delta)
    return entryOf(deltas, change['type'])?.(change, progress) ?? ''
  },
  content_block_stop: (_event, progress) => {
    const { block } = progress
    progress.block = {}
    return entryOf(stops, block['type'])?.(block, progress) ?? ''
  },
  message_delta: ({ delta, usage }, progress) => {
    progress.stop = { ...progress.stop, ...recordOf(delta) }
    progress.usage = { ...progress.usage, ...recordOf(usage) }
    return ''
  },
  message_stop: (_event, progress) => {
    const { writer, stop, asJson, usage } = progress
    progress.over = true
    const refusal = refusalOf(stop)
    const refused = refusal === undefined ? '' : writer.delta({ refusal })
    return refused + writer.finish(finishOf(stop['stop_reason'], asJson), countsOf(usage))
  },
  error: ({ error }, progress) => {
    const { type, message } = recordOf(error)
    progress.over = true
    return progress.writer.error(streamError(textOf(message), textOf(type) || 'provider_error'))
  },
}

const starts: Readonly<Record<string, (progress: Progress) => string>> = {
  text: ({ block, writer }) => (textOf(block['text']) === '' ? '' : writer.delta({ content: block['text'] })),
  tool_use: (progress) => {
    const { block, writer, asJson } = progress
    if (asJson) return ''
    const called = { name: textOf(block['name']), arguments: '' }
    return writer.delta({
      tool_calls: [{ index: progress.calls++, id: textOf(block['id']), type: 'function', function: called }],
    })
  },
}

const thought = (block: Json, { writer }: Progress) => writer.delta({ thinking_blocks: [block] })

const stops: Readonly<Record<string, (block: Json, progress: Progress) => string>> = {
  thinking: thought,
  redacted_thinking: thought,
  // A call without arguments: clients parse what came, and nothing is no JSON.
  tool_use: ({ filled }, progress) => (filled === true ? '' : argumentsDelta('{}', progress)),
}

function argumentsDelta(json: unknown, { writer, calls, asJson }: Progress): string {
  if (asJson) return writer.delta({ content: json })
  return writer.delta({ tool_calls: [{ index: calls - 1, function: { arguments: json } }] })
}

const deltas: Readonly<Record<string, (delta: Json, progress: Progress) => string>> = {
  text_delta: ({ text }, { writer }) => writer.delta({ content: text }),
  thinking_delta: ({ thinking }, { writer, block }) => {
    block['thinking'] = textOf(block['thinking']) + textOf(thinking)
    return writer.delta({ reasoning_content: thinking })
  },
  signature_delta: ({ signature }, { block }) => {
    block['signature'] = textOf(block['signature']) + textOf(signature)
    return ''
  },
  input_json_delta: ({ partial_json: json }, progress) => {
    if (textOf(json) === '') return ''
    progress.block['filled'] = true
    return argumentsDelta(json, progress)
  },
}
