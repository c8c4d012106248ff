import { describe, expect, test } from 'vitest'
import { findProvider, type Usage, type UsageReading } from '../providers/index.ts'
import { createUsageScanner } from './usage-scanner.ts'

const reading = (provider: string): UsageReading => {
  const found = findProvider(provider)
  if (!found) throw new Error(`no provider ${provider}`)
  return found.usage
}

const sse = (...events: (string | object)[]) =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')
const named = (...events: { type: string }[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** Events as some servers write them: indented JSON, each line of it behind a `data:` of its own. */
const inManyLines = (between: string, ...events: object[]) =>
  events.map((event) => `data: ${JSON.stringify(event, null, 1).split('\n').join(`${between}data: `)}\n\n`).join('')

/** Text that a model may well write, and that looks like counts. */
const spoof =
  'say "usage": {"input_tokens": 1, "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}, "usageMetadata": {"promptTokenCount": 1} \\ "usage":{"prompt_tokens":0}}]}'

interface Recorded {
  name: string
  provider: string
  kind: 'json' | 'sse'
  body: string
  usage: Usage | undefined
}

const openaiUsage = {
  prompt_tokens: 120,
  completion_tokens: 30,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 20, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 12, accepted_prediction_tokens: 0 },
}
const openaiRead = { inputTokens: 100, outputTokens: 30, cacheReadTokens: 20, reasoningTokens: 12 }
const chunk = (more: object) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-5.2-2026',
  ...more,
})
const delta = (content: string) =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null })

const recorded: Recorded[] = [
  {
    name: 'OpenAI chat',
    provider: 'openai',
    kind: 'json',
    usage: openaiRead,
    body: JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-5.2-2026',
      choices: [{ index: 0, message: { role: 'assistant', content: spoof, refusal: null }, finish_reason: 'stop' }],
      usage: openaiUsage,
      service_tier: 'default',
    }),
  },
  {
    name: 'OpenAI chat, indented',
    provider: 'openai',
    kind: 'json',
    usage: openaiRead,
    body: JSON.stringify(
      { id: 'chatcmpl-1', model: 'gpt-5.2', choices: [{ message: { content: spoof } }], usage: openaiUsage },
      null,
      2,
    ),
  },
  {
    name: 'OpenAI chat stream with include_usage',
    provider: 'openai',
    kind: 'sse',
    usage: openaiRead,
    body: sse(
      delta('He'),
      delta(spoof),
      chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null }),
      chunk({ choices: [], usage: openaiUsage }),
      '[DONE]',
    ),
  },
  {
    name: 'OpenAI chat stream in events of many lines',
    provider: 'openai',
    kind: 'sse',
    usage: openaiRead,
    body: inManyLines('\n', delta(spoof), chunk({ choices: [], usage: openaiUsage })),
  },
  {
    name: 'OpenAI chat stream in events of many lines, with other fields between them',
    provider: 'openai',
    kind: 'sse',
    usage: openaiRead,
    body: inManyLines(
      '\r\nid: 7 "usage": {"prompt_tokens": 1}\r\n: {"usage"\r\n',
      chunk({ choices: [], usage: openaiUsage }),
    ),
  },
  {
    name: 'OpenAI chat stream whose lines are events without empty lines between them',
    provider: 'openai',
    kind: 'sse',
    usage: openaiRead,
    body: `data: ${JSON.stringify(delta(spoof))}\ndata: ${JSON.stringify(chunk({ choices: [], usage: openaiUsage }))}\ndata: ${JSON.stringify(delta(spoof))}\n`,
  },
  {
    name: 'a stream of many lines whose counts stand too deep',
    provider: 'openai',
    kind: 'sse',
    usage: undefined,
    body: inManyLines('\n', { choices: [{ delta: { tool_calls: [{ usage: openaiUsage }] } }], usage: null }),
  },
  {
    name: 'OpenAI chat stream without counts',
    provider: 'openai',
    kind: 'sse',
    usage: undefined,
    body: sse(chunk({ choices: [{ index: 0, delta: { content: spoof }, finish_reason: null }] }), '[DONE]'),
  },
  {
    name: 'OpenAI responses',
    provider: 'openai',
    kind: 'json',
    usage: { inputTokens: 30, outputTokens: 11, cacheReadTokens: 6, reasoningTokens: 3 },
    body: JSON.stringify({
      id: 'resp_1',
      object: 'response',
      metadata: { usage: spoof },
      output: [{ type: 'function_call', arguments: spoof, usage: { input_tokens: 1, output_tokens: 1 } }],
      text: { format: { schema: { properties: { usage: { input_tokens: 1, output_tokens: 2 } } } } },
      usage: {
        input_tokens: 36,
        input_tokens_details: { cached_tokens: 6 },
        output_tokens: 11,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 47,
      },
    }),
  },
  {
    name: 'OpenAI responses stream',
    provider: 'openai',
    kind: 'sse',
    usage: { inputTokens: 36, outputTokens: 11, cacheReadTokens: 0, reasoningTokens: 0 },
    body: named(
      { type: 'response.created', response: { id: 'resp_1', usage: null } } as never,
      { type: 'response.output_text.delta', delta: spoof } as never,
      {
        type: 'response.completed',
        response: {
          id: 'resp_1',
          output: [{ content: [{ text: spoof }] }],
          usage: {
            input_tokens: 36,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 11,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 47,
          },
          user: null,
        },
      } as never,
    ),
  },
  {
    name: 'OpenAI embeddings',
    provider: 'openai',
    kind: 'json',
    usage: { inputTokens: 8 },
    body: JSON.stringify({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: Array.from({ length: 40 }, (_, i) => i / 7) }],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
  },
  {
    name: 'OpenAI transcription billed by time',
    provider: 'openai',
    kind: 'json',
    usage: { audioSeconds: 27 },
    body: JSON.stringify({ text: spoof, usage: { type: 'duration', seconds: 27 } }),
  },
  {
    name: 'Anthropic message',
    provider: 'anthropic',
    kind: 'json',
    usage: { inputTokens: 25, outputTokens: 15, cacheReadTokens: 4, cacheWriteTokens: 2 },
    body: JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5-5',
      content: [
        { type: 'text', text: spoof },
        {
          type: 'tool_use',
          id: 't',
          name: 'x',
          input: { usage: { input_tokens: 1, output_tokens: 1 }, message: { usage: { input_tokens: 0 } } },
        },
      ],
      stop_reason: 'tool_use',
      usage: {
        input_tokens: 25,
        cache_creation_input_tokens: 2,
        cache_read_input_tokens: 4,
        output_tokens: 15,
        service_tier: 'standard',
      },
    }),
  },
  {
    name: 'Anthropic stream',
    provider: 'anthropic',
    kind: 'sse',
    usage: { inputTokens: 25, outputTokens: 42, cacheReadTokens: 9, cacheWriteTokens: 3 },
    body: named(
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-opus-5-5',
          content: [],
          usage: { input_tokens: 25, cache_creation_input_tokens: 3, cache_read_input_tokens: 9, output_tokens: 1 },
        },
      } as never,
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', input: {} } } as never,
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: spoof } } as never,
      { type: 'ping' },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 17 } } as never,
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 42 } } as never,
      { type: 'message_stop' },
    ),
  },
  {
    name: 'Anthropic stream that ends without telling its output',
    provider: 'anthropic',
    kind: 'sse',
    usage: { inputTokens: 25, cacheReadTokens: 9 },
    body: named(
      {
        type: 'message_start',
        message: { content: [], usage: { input_tokens: 25, cache_read_input_tokens: 9, output_tokens: 1 } },
      } as never,
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: spoof } } as never,
      { type: 'message_stop' },
    ),
  },
  {
    name: 'Anthropic stream with an advisor, told twice',
    provider: 'anthropic',
    kind: 'sse',
    usage: {
      inputTokens: 25,
      outputTokens: 42,
      others: [{ model: 'claude-opus-5-5', inputTokens: 900, outputTokens: 80 }],
    },
    body: named(
      { type: 'message_start', message: { content: [], usage: { input_tokens: 25, output_tokens: 1 } } } as never,
      ...[17, 42].map(
        (output) =>
          ({
            type: 'message_delta',
            delta: {},
            usage: {
              output_tokens: output,
              iterations: [
                { type: 'message', input_tokens: 25, output_tokens: output },
                { type: 'advisor_message', model: 'claude-opus-5-5', input_tokens: 900, output_tokens: 80 },
              ],
            },
          }) as never,
      ),
      { type: 'message_stop' },
    ),
  },
  {
    name: 'OpenAI chat stream that ends with zeros',
    provider: 'openai',
    kind: 'sse',
    usage: openaiRead,
    body: sse(
      chunk({ choices: [], usage: openaiUsage }),
      chunk({
        choices: [],
        usage: {
          prompt_tokens: 0,
          completion_tokens: 0,
          total_tokens: 0,
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 0 },
        },
      }),
      '[DONE]',
    ),
  },
  {
    name: 'a stream that finds out later how much of its prompt was cached',
    provider: 'openai',
    kind: 'sse',
    usage: { inputTokens: 0, cacheReadTokens: 120, outputTokens: 30 },
    body: sse(
      chunk({ choices: [], usage: { prompt_tokens: 120, completion_tokens: 1 } }),
      chunk({
        choices: [],
        usage: { prompt_tokens: 120, completion_tokens: 30, prompt_tokens_details: { cached_tokens: 120 } },
      }),
    ),
  },
  {
    name: 'Gemini answer',
    provider: 'gemini',
    kind: 'json',
    usage: { inputTokens: 14, outputTokens: 26, cacheReadTokens: 6, reasoningTokens: 6 },
    body: JSON.stringify(
      {
        candidates: [
          {
            content: {
              role: 'model',
              parts: [
                { text: spoof },
                {
                  functionCall: {
                    name: 'f',
                    args: { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 } },
                  },
                },
              ],
            },
          },
        ],
        usageMetadata: {
          promptTokenCount: 20,
          candidatesTokenCount: 20,
          thoughtsTokenCount: 6,
          cachedContentTokenCount: 6,
          totalTokenCount: 46,
          promptTokensDetails: [{ modality: 'TEXT', tokenCount: 20 }],
        },
        modelVersion: 'gemini-2.5-flash',
      },
      null,
      1,
    ),
  },
  {
    name: 'Gemini stream of events',
    provider: 'gemini',
    kind: 'sse',
    usage: { inputTokens: 20, outputTokens: 9 },
    body: [3, 6, 9]
      .map(
        (n) =>
          `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ functionCall: { args: { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 999 } } } }] } }], usageMetadata: { promptTokenCount: 20, candidatesTokenCount: n } })}\r\n\r\n`,
      )
      .join(''),
  },
  {
    name: 'Gemini stream as one array',
    provider: 'gemini',
    kind: 'json',
    usage: { inputTokens: 20, outputTokens: 9 },
    body: `[${[3, 6, 9].map((n) => JSON.stringify({ candidates: [{ content: { parts: [{ text: spoof }] } }], usageMetadata: { promptTokenCount: 20, candidatesTokenCount: n } })).join('\n,\r\n')}\n]\n`,
  },
  {
    name: 'ElevenLabs transcription',
    provider: 'elevenlabs',
    kind: 'json',
    usage: { audioSeconds: 12.5 },
    body: JSON.stringify({
      language_code: 'en',
      text: spoof,
      words: [{ text: 'a', start: 0, end: 1, audio_duration_secs: 3 }],
      audio_duration_secs: 12.5,
    }),
  },
  {
    name: 'Sarvam chat stream',
    provider: 'sarvam',
    kind: 'sse',
    usage: { inputTokens: 5, outputTokens: 7 },
    body: sse(
      { id: '1', choices: [{ delta: { content: 'नमस्ते' } }] },
      { id: '1', choices: [], usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } },
      '[DONE]',
    ),
  },
  {
    name: 'Groq stream, told twice',
    provider: 'groq',
    kind: 'sse',
    usage: { inputTokens: 5, outputTokens: 7 },
    body: sse(
      { choices: [{ delta: { content: 'x' } }] },
      {
        choices: [{ delta: {}, finish_reason: 'stop' }],
        x_groq: { id: 'r', usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12, prompt_time: 0.1 } },
      },
      '[DONE]',
    ),
  },
  {
    name: 'DeepSeek with cache hits',
    provider: 'deepseek',
    kind: 'json',
    usage: { inputTokens: 60, outputTokens: 7, cacheReadTokens: 40 },
    body: JSON.stringify({
      choices: [],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 7,
        total_tokens: 107,
        prompt_cache_hit_tokens: 40,
        prompt_cache_miss_tokens: 60,
      },
    }),
  },
  {
    name: 'Cohere chat stream',
    provider: 'cohere',
    kind: 'sse',
    usage: { inputTokens: 5, outputTokens: 418 },
    body: named(
      { type: 'content-delta', delta: { message: { content: { text: spoof } } } } as never,
      {
        type: 'message-end',
        delta: {
          finish_reason: 'COMPLETE',
          usage: {
            billed_units: { input_tokens: 5, output_tokens: 418 },
            tokens: { input_tokens: 71, output_tokens: 418 },
          },
        },
      } as never,
    ),
  },
  {
    name: 'Cohere stream of version 1',
    provider: 'cohere',
    kind: 'json',
    usage: { inputTokens: 5, outputTokens: 418 },
    body: [
      { event_type: 'text-generation', text: spoof },
      {
        event_type: 'stream-end',
        response: { text: spoof, meta: { billed_units: { input_tokens: 5, output_tokens: 418 }, tokens: {} } },
      },
    ]
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  },
  {
    name: 'Cohere embeddings',
    provider: 'cohere',
    kind: 'json',
    usage: { inputTokens: 4 },
    body: JSON.stringify({
      id: 'x',
      embeddings: { float: [[0.1, 0.2]] },
      texts: [spoof],
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: 4 } },
    }),
  },
  {
    name: 'Deepgram transcript',
    provider: 'deepgram',
    kind: 'json',
    usage: { audioSeconds: 25.933 },
    body: JSON.stringify({
      metadata: { request_id: 'r', duration: 25.933, channels: 1 },
      results: { channels: [{ alternatives: [{ transcript: spoof, metadata: { duration: 1 } }] }] },
    }),
  },
  {
    name: 'AssemblyAI transcript',
    provider: 'assemblyai',
    kind: 'json',
    usage: { audioSeconds: 281 },
    body: JSON.stringify({
      id: 't',
      status: 'completed',
      text: spoof,
      words: [{ audio_duration: 1 }],
      audio_duration: 281,
      error: null,
    }),
  },
  {
    name: 'a field whose name only ends like that of counts',
    provider: 'openai',
    kind: 'json',
    usage: undefined,
    body: JSON.stringify({ id: 'x', 'no "usage': openaiUsage }),
  },
  {
    name: 'Bedrock Converse',
    provider: 'bedrock',
    kind: 'json',
    usage: { inputTokens: 30, outputTokens: 12 },
    body: JSON.stringify({
      metrics: { latencyMs: 3 },
      output: { message: { content: [{ toolUse: { input: { usage: { inputTokens: 1, outputTokens: 1 } } } }] } },
      usage: { inputTokens: 30, outputTokens: 12, totalTokens: 42 },
    }),
  },
]

function read(each: Recorded, chunks: readonly Buffer[], cut?: boolean): Usage | undefined {
  const scanner = createUsageScanner(reading(each.provider), each.kind)
  for (const part of chunks) scanner.feed(part)
  return scanner.end(cut)
}

describe.each(recorded)('$name', (each) => {
  const bytes = Buffer.from(each.body)

  test('whole', () => {
    expect(read(each, [bytes])).toEqual(each.usage)
  })

  test('known to be whole', () => {
    const scanner = createUsageScanner(reading(each.provider), each.kind)
    scanner.feedWhole(bytes)
    expect(scanner.end()).toEqual(each.usage)
  })

  test('split in two at every byte', () => {
    for (let at = 1; at < bytes.length; at++) {
      const usage = read(each, [bytes.subarray(0, at), bytes.subarray(at)])
      expect(
        usage,
        `split at ${at}: ${bytes.subarray(Math.max(0, at - 20), at)}|${bytes.subarray(at, at + 20)}`,
      ).toEqual(each.usage)
    }
  })

  test('in pieces of every size from 1 to 40', () => {
    for (let size = 1; size <= 40; size++) {
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      expect(read(each, parts), `pieces of ${size}`).toEqual(each.usage)
    }
  })

  test('read from chunks that are overwritten once they were fed', () => {
    const scanner = createUsageScanner(reading(each.provider), each.kind)
    for (let at = 0; at < bytes.length; at += 7) {
      const part = Buffer.from(bytes.subarray(at, at + 7))
      scanner.feed(part)
      part.fill('#')
    }
    expect(scanner.end()).toEqual(each.usage)
  })
})

test.each(['{}', '[]', '"many"', 'null', '{"prompt_tokens":{},"completion_tokens":"NaN"}'])(
  'the usage %s tells no counts, in however many pieces it comes',
  (usage) => {
    const body = Buffer.from(`{"choices":[],"usage":${usage}}`)
    const [whole, pieces] = [reading('openai'), reading('openai')].map((each) => createUsageScanner(each, 'json'))
    whole?.feedWhole(body)
    for (const byte of body) pieces?.feed(Buffer.from([byte]))
    expect([whole?.end(), pieces?.end()]).toEqual([undefined, undefined])
  },
)

describe('an answer that was cut', () => {
  test('gives no counts when it is one JSON document', () => {
    for (const each of recorded.filter(({ kind }) => kind === 'json')) {
      const bytes = Buffer.from(each.body)
      for (let at = 0; at < bytes.length - 2; at++) expect(read(each, [bytes.subarray(0, at)], true)).toBeUndefined()
    }
  })

  test('gives the counts of the events that came whole', () => {
    const each = recorded.find(({ name }) => name === 'Anthropic stream') as Recorded
    const at = each.body.indexOf('event: content_block_start')
    expect(read(each, [Buffer.from(each.body.slice(0, at + 40))], true)).toEqual({
      inputTokens: 25,
      cacheReadTokens: 9,
      cacheWriteTokens: 3,
    })
  })
})

describe('spoofing', () => {
  const usageOf = (body: string, kind: 'json' | 'sse' = 'json') =>
    read({ provider: 'openai', kind } as Recorded, [Buffer.from(body)])

  test('by a key that ends like the marker does not count', () => {
    expect(usageOf('{"x\\"usage":{"prompt_tokens":1},"y":"\\"usage\\":{\\"prompt_tokens\\":2}"}')).toBeUndefined()
  })

  test('by a value that reads like the marker does not count', () => {
    expect(usageOf('{"role":"usage","prompt_tokens":1,"a":["usage",{"prompt_tokens":3}]}')).toBeUndefined()
  })

  test('by depth does not count, however it is hidden', () => {
    for (const inner of [
      '{"a":{"b":{"c":X}}}',
      '{"a":[X]}',
      '[{"a":[X]}]',
      '[[X]]',
      '{"a":{"b":{"c":{"d":{"e":X}}}}}',
    ]) {
      expect(usageOf(inner.replace('X', '{"usage":{"prompt_tokens":1,"completion_tokens":1}}')), inner).toBeUndefined()
    }
  })

  test('before the real counts does not hide them', () => {
    const args = '{"usage":{"prompt_tokens":1,"deep":{"usage":{"prompt_tokens":2}}},"usage":null,"z":[{"usage":3}]}'
    expect(
      usageOf(`{"choices":[{"tool":{"args":${args}}}],"usage":{"prompt_tokens":50,"completion_tokens":6}}`),
    ).toEqual({ inputTokens: 50, outputTokens: 6 })
  })

  test('by a hundred thousand nested or repeated keys costs neither memory nor the counts', () => {
    const nested = `${'{"usage":1,"a":'.repeat(100_000)}0${'}'.repeat(100_000)}`
    const repeated = `{${'"usage":{"prompt_tokens":1},'.repeat(100_000)}"a":0}`
    const body = `{"choices":[${nested},${repeated}],"usage":{"prompt_tokens":50,"completion_tokens":6}}`
    expect(usageOf(body)).toEqual({ inputTokens: 50, outputTokens: 6 })
  })

  test('by repeated counts and many objects behind them takes time in proportion to their length', () => {
    const many = `{${'"usage":{"prompt_tokens":1},'.repeat(40_000)}${'"a":{},'.repeat(40_000)}"z":0}`
    const begun = performance.now()
    expect(usageOf(many)).toEqual({ inputTokens: 1 })
    // Each object was once held against each of the counts: half a minute.
    expect(performance.now() - begun).toBeLessThan(3_000)
  })

  test('by broken lines in a stream leaves the other lines alone', () => {
    const good = 'data: {"usage":{"prompt_tokens":50,"completion_tokens":6}}\n\n'
    for (const bad of [
      'data: {"usage":{"prompt_tokens":1\n\n',
      'data: {"usage":{"a":"\n\n',
      'data: "usage":\n\n',
      'data: {"usage"\n\n',
      'data: {"usage":"x"}\n\n',
      'data: {"usage":{]}}\n\n',
    ]) {
      expect(usageOf(bad + good, 'sse'), bad).toEqual({ inputTokens: 50, outputTokens: 6 })
      expect(usageOf(good + bad, 'sse'), bad).toEqual({ inputTokens: 50, outputTokens: 6 })
    }
  })

  test('by an event of many lines that ends in the middle leaves the others alone', () => {
    const good = 'data: {"usage":\ndata: {"prompt_tokens":50,\ndata: "completion_tokens":6}\ndata: }\n\n'
    for (const bad of [
      'data: {"usage":\ndata: {"prompt_tokens":1\n\n',
      'data: {"usage"\ndata\ndata: : {"prompt_tokens":1}\n\n',
      'data: {"usage": 7\n\ndata: , "x"\n\n',
      'data: {"usage":{"prompt_tokens":1,\nevent: x\n\n',
    ]) {
      expect(usageOf(bad + good, 'sse'), bad).toEqual({ inputTokens: 50, outputTokens: 6 })
      expect(usageOf(good + bad, 'sse'), bad).toEqual({ inputTokens: 50, outputTokens: 6 })
    }
  })

  test('by a value without end is not kept in memory', () => {
    const scanner = createUsageScanner(reading('openai'), 'json')
    scanner.feed(Buffer.from('{"usage":{"a":"'))
    const before = process.memoryUsage().arrayBuffers
    const chunk = Buffer.alloc(64 * 1024, 'x')
    for (let i = 0; i < 4_000; i++) scanner.feed(chunk)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
    expect(scanner.end()).toBeUndefined()
  })
})
