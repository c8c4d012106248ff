import { anthropicUsage, laterUsage, type Usage } from '../../providers/index.ts'
import { ChunkWriter, streamError } from '../chat/chunk-writer.ts'
import type { EventTranslation } from '../event-stream.ts'
import { entryOf, type Json, recordOf, textOf } from '../json.ts'
import { finishOf, refusalOf } from './answer.ts'
import { placed } from './thought-places.ts'

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
  usage: Usage
  /** How many tools were called so far. */
  calls: number
  /** The blocks under way by their index: several may be. */
  blocks: Map<unknown, Block>
  /** To be sent back unchanged with tool results. */
  thinking: Json[]
  stop: Json
  over: boolean
}

interface Block {
  /** Its place in the message. */
  index: unknown
  /** As it began. Thoughts grow in it. */
  fields: Json
  /** Which of the calls it is; -1: none. */
  call: number
  /** Some of its arguments came. */
  filled: boolean
}

/** Anthropic's events as `chat.completion.chunk` events. */
export function messageEvents({ created, includeUsage, asJson, model }: MessageStreamOptions): EventTranslation {
  const progress: Progress = {
    writer: new ChunkWriter({ id: 'chatcmpl', model, created }, { includeUsage }),
    asJson,
    usage: {},
    calls: 0,
    blocks: new Map(),
    thinking: [],
    stop: {},
    over: false,
  }
  return {
    event: (event) => (progress.over ? '' : (entryOf(events, event['type'])?.(event, progress) ?? '')),
    end: () => (progress.over ? '' : endOf(progress)),
  }
}

/** Of a stream without `message_stop`: the answer is whole when it was said why it stopped. */
function endOf(progress: Progress): string {
  if (textOf(progress.stop['stop_reason']) !== '') return finished(progress)
  return progress.writer.error(streamError('The provider’s stream ended before its answer did.', 'provider_error'))
}

function finished(progress: Progress): string {
  const { writer, stop, asJson, usage, thinking } = progress
  const open = [...progress.blocks.keys()].map((index) => stopped(index, progress)).join('')
  // All at once: of lists that come in pieces some clients keep the last piece only, and others fail.
  const thought = thinking.length === 0 ? '' : writer.delta({ thinking_blocks: thinking })
  const refusal = refusalOf(stop)
  const refused = refusal === undefined ? '' : writer.delta({ refusal })
  return open + thought + refused + writer.finish(finishOf(stop['stop_reason'], asJson), usage)
}

const events: Readonly<Record<string, (event: Json, progress: Progress) => string>> = {
  message_start: ({ message }, progress) => {
    const { id, model } = recordOf(message)
    const { head } = progress.writer
    progress.writer.head = { ...head, id: textOf(id) || head.id, model: textOf(model) || head.model }
    progress.usage = anthropicUsage.read('"message"', message)
    return ''
  },
  content_block_start: ({ index, content_block: fields }, progress) => {
    const block = blockOf(fields, index)
    progress.blocks.set(index, block)
    return entryOf(starts, block.fields['type'])?.(block, progress) ?? ''
  },
  content_block_delta: ({ index, delta }, progress) => {
    const change = recordOf(delta)
    const block = progress.blocks.get(index) ?? blockOf(undefined, index)
    return entryOf(deltas, change['type'])?.(change, block, progress) ?? ''
  },
  content_block_stop: ({ index }, progress) => stopped(index, progress),
  message_delta: ({ delta, usage }, progress) => {
    progress.stop = { ...progress.stop, ...given(delta) }
    progress.usage = laterUsage(progress.usage, anthropicUsage.read('"usage"', usage))
    return ''
  },
  message_stop: (_event, progress) => {
    progress.over = true
    return finished(progress)
  },
  error: ({ error }, progress) => {
    const { type, message } = recordOf(error)
    progress.over = true
    return progress.writer.error(streamError(textOf(message), textOf(type) || 'provider_error'))
  },
}

/** What is null is not told, and takes nothing back. */
const given = (fields: unknown): Json =>
  Object.fromEntries(Object.entries(recordOf(fields)).filter(([, value]) => value !== null))

/** A block is over: by its own event, or with the message. */
function stopped(index: unknown, progress: Progress): string {
  const block = progress.blocks.get(index)
  progress.blocks.delete(index)
  return block === undefined ? '' : (entryOf(stops, block.fields['type'])?.(block, progress) ?? '')
}

const blockOf = (fields: unknown, index: unknown): Block => ({
  index,
  fields: { ...recordOf(fields) },
  call: -1,
  filled: false,
})

const starts: Readonly<Record<string, (block: Block, progress: Progress) => string>> = {
  text: ({ fields }, { writer }) => (textOf(fields['text']) === '' ? '' : writer.delta({ content: fields['text'] })),
  thinking: ({ fields }, { writer }) =>
    textOf(fields['thinking']) === '' ? '' : writer.delta({ reasoning_content: fields['thinking'] }),
  tool_use: (block, progress) => {
    block.call = progress.calls++
    if (progress.asJson) return ''
    const { call: index, fields } = block
    const called = { name: textOf(fields['name']), arguments: '' }
    return progress.writer.delta({
      tool_calls: [{ index, id: textOf(fields['id']), type: 'function', function: called }],
    })
  },
}

function thought({ fields, index }: Block, { thinking }: Progress): string {
  thinking.push(placed(fields, { index, before: thinking.length }))
  return ''
}

const stops: Readonly<Record<string, (block: Block, progress: Progress) => string>> = {
  thinking: thought,
  redacted_thinking: thought,
  // Arguments that did not come in pieces stand in the beginning: none as a rule, but clients parse what came, and nothing is no JSON.
  tool_use: (block, progress) =>
    block.filled ? '' : argumentsDelta(JSON.stringify(recordOf(block.fields['input'])), block, progress),
}

function argumentsDelta(json: unknown, { call }: Block, { writer, asJson }: Progress): string {
  if (asJson) return writer.delta({ content: json })
  return writer.delta({ tool_calls: [{ index: call, function: { arguments: json } }] })
}

const deltas: Readonly<Record<string, (delta: Json, block: Block, progress: Progress) => string>> = {
  text_delta: ({ text }, _block, { writer }) => writer.delta({ content: text }),
  thinking_delta: ({ thinking }, { fields }, { writer }) => {
    fields['thinking'] = textOf(fields['thinking']) + textOf(thinking)
    return writer.delta({ reasoning_content: thinking })
  },
  signature_delta: ({ signature }, { fields }) => {
    fields['signature'] = textOf(fields['signature']) + textOf(signature)
    return ''
  },
  // What the provider's own tools are asked (`server_tool_use`) is no call of the caller's.
  input_json_delta: ({ partial_json: json }, block, progress) => {
    if (block.call === -1 || textOf(json) === '') return ''
    block.filled = true
    return argumentsDelta(json, block, progress)
  },
}
