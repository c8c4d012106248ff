import { describe, expect, it } from 'vitest'
import { everySplit } from '../../test/support/every-split.ts'
import type { JobReading } from '../providers/index.ts'
import { findProvider } from '../providers/index.ts'
import { JobScanner, type JobTold } from './job-scanner.ts'

function readingOf(provider: string, method: string, path: string): JobReading {
  const surface = findProvider(provider)?.surfaces.find(
    (each) => (each.method ?? method) === method && each.path.test(path),
  )
  if (surface?.job === undefined) throw new Error(`no job at ${path}`)
  return surface.job
}

function scan(reading: JobReading, pieces: readonly (string | Buffer)[], name?: string): JobTold | undefined {
  const scanner = new JobScanner(reading, name)
  for (const piece of pieces) scanner.feed(Buffer.from(piece))
  return scanner.end()
}

const usage = { input_tokens: 20, output_tokens: 7, input_tokens_details: { cached_tokens: 5 } }
const response = (more: object) => ({
  id: 'resp_1',
  object: 'response',
  model: 'gpt-5.2',
  output: [{ id: 'msg_1', usage: 3, content: [{ text: 'says \\"usage\\": {"output_tokens": 9}}}' }] }],
  metadata: { usage: '9', background: 'true', id: 'x' },
  ...more,
})
const counted = { inputTokens: 15, outputTokens: 7, cacheReadTokens: 5 }
const line = (number: number, body: object | null) =>
  `${JSON.stringify({ id: `req_${number}`, custom_id: '"}{', response: body && { status_code: 200, body } })}\n`

describe('a response in the background', () => {
  const reading = readingOf('openai', 'GET', '/v1/responses/resp_1')

  it('is known by its id, with its counts once it has them, however its bytes come', () => {
    const whole = JSON.stringify(response({ background: true, service_tier: 'flex', usage }), null, 1)
    for (const pieces of everySplit(Buffer.from(whole)))
      expect(scan(reading, pieces)).toEqual({
        names: ['resp_1'],
        parts: [{ model: 'gpt-5.2', terms: ['flex'], counts: counted }],
      })
    const queued = JSON.stringify(response({ background: true, status: 'queued', usage: null }))
    expect(scan(reading, [queued])).toEqual({ names: ['resp_1'], parts: [] })
  })

  it('is told by the events of a stream, the last of which holds', () => {
    const event = (type: string, more: object) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, response: response(more) })}\n\n`
    const stream = [
      event('response.created', { background: true, usage: null }),
      ': ping\n\n',
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"{\\"response\\":"}\n\n',
      event('response.in_progress', { background: true, usage: { input_tokens: 1, output_tokens: 1 } }),
      event('response.completed', { background: true, service_tier: 'default', usage }),
    ].join('')
    for (const pieces of everySplit(Buffer.from(stream)))
      expect(scan(reading, pieces)?.parts).toEqual([{ model: 'gpt-5.2', terms: [], counts: counted }])
  })

  it('is none where it is not in the background', () => {
    for (const background of [{ background: false }, { background: null }, {}])
      expect(scan(reading, [JSON.stringify(response({ ...background, usage }))])).toBeUndefined()
    expect(scan(reading, ['data: [DONE]\n\n', '[{"id":"resp_1","background":true}]'])).toBeUndefined()
  })
})

describe('a batch', () => {
  it('is known by its own id and that of its results', () => {
    const batch = { id: 'batch_1', object: 'batch', output_file_id: 'file-2', model: 'gpt-5.2', usage }
    const expected = { names: ['batch_1', 'file-2'], parts: [{ model: 'gpt-5.2', terms: ['batch'], counts: counted }] }
    expect(scan(readingOf('openai', 'GET', '/v1/batches/batch_1'), [JSON.stringify(batch)])).toEqual(expected)
    expect(scan(readingOf('together', 'POST', '/v1/batches'), [JSON.stringify({ job: batch })])).toEqual(expected)
    const listed = JSON.stringify({ object: 'list', data: [batch], first_id: 'batch_1' })
    expect(scan(readingOf('openai', 'GET', '/v1/batches'), [listed])).toBeUndefined()
  })

  it('has counted what its lines add up to, by model, and nothing of a line is kept', () => {
    const chat = { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 4 } }
    const lines = [
      line(1, { id: 'x', model: 'a', service_tier: 'default', usage: chat }),
      line(2, null),
      line(3, { model: 'b', usage: chat, choices: [{ usage: chat, response: { body: { usage: chat } } }] }),
      line(4, { model: 'a', usage: chat }),
      '{"custom_id":"input","method":"POST","body":{"model":"a","usage":{"prompt_tokens":9}}}\n',
    ].join('')
    const reading = readingOf('groq', 'GET', '/openai/v1/files/file-2/content')
    for (const pieces of everySplit(Buffer.from(lines)))
      expect(scan(reading, pieces, 'file-2')).toEqual({
        names: ['file-2'],
        parts: [
          { model: 'a', terms: ['batch'], counts: { inputTokens: 12, outputTokens: 2, cacheReadTokens: 8 } },
          { model: 'b', terms: ['batch'], counts: { inputTokens: 6, outputTokens: 1, cacheReadTokens: 4 } },
        ],
      })
  })

  it('of Anthropic is told line by line, with what other models did for it', () => {
    const message = (model: string, more: object = {}) => ({
      result: {
        type: 'succeeded',
        message: { model, usage: { input_tokens: 5, output_tokens: 2, service_tier: 'batch', ...more } },
      },
    })
    const advised = { iterations: [{ type: 'advisor_message', model: 'z', input_tokens: 1, output_tokens: 1 }] }
    const lines = [
      message('m'),
      { result: { type: 'expired' } },
      message('m', advised),
      message('n', { speed: 'fast' }),
    ]
    const text = lines.map((each) => `${JSON.stringify(each)}\n`).join('')
    const told = scan(readingOf('anthropic', 'GET', '/v1/messages/batches/b/results'), [text], 'b')
    expect(told).toEqual({
      names: ['b'],
      parts: [
        { model: 'm', terms: ['batch'], counts: { inputTokens: 10, outputTokens: 4 } },
        { model: 'z', terms: ['batch'], counts: { inputTokens: 1, outputTokens: 1 } },
        { model: 'n', terms: ['batch', 'fast'], counts: { inputTokens: 5, outputTokens: 2 } },
      ],
    })
  })

  it('of Google tells its results twice, and they count once', () => {
    const result = { response: { modelVersion: 'gemini-2.5-flash', usageMetadata: { promptTokenCount: 4 } } }
    const output = { inlinedResponses: { inlinedResponses: [result, { error: {} }, result] } }
    const parts = [{ model: 'gemini-2.5-flash', terms: ['batch'], counts: { inputTokens: 8 } }]
    const reading = readingOf('gemini', 'GET', '/v1beta/batches/b')
    const name = 'batches/b'
    for (const more of [{ response: output }, { metadata: { output } }, { metadata: { output }, response: output }])
      expect(scan(reading, [JSON.stringify({ name, ...more }, null, 2)], name)).toEqual({ names: [name], parts })
    const inFile = JSON.stringify({ name, response: { responsesFile: 'files/f' } })
    expect(scan(reading, [inFile], name)).toEqual({ names: [name, 'files/f'], parts: [] })
    const lines = `${JSON.stringify({ key: 'a', ...result })}\n${JSON.stringify({ key: 'b', ...result })}\n`
    const inLines = readingOf('gemini', 'GET', '/download/v1beta/files/f:download')
    expect(scan(inLines, [lines], 'files/f')).toEqual({ names: ['files/f'], parts })
  })

  it('of embeddings at Google tells tokens, and the model once', () => {
    const result = { response: { embedding: { values: [0.1] }, tokenCount: '4' } }
    const output = { inlinedEmbedContentResponses: { inlinedResponses: [result, result] } }
    const told = { name: 'batches/b', response: output, metadata: { model: 'models/gemini-embedding-001', output } }
    expect(scan(readingOf('gemini', 'GET', '/v1beta/batches/b'), [JSON.stringify(told)], 'batches/b')?.parts).toEqual([
      { model: 'gemini-embedding-001', terms: ['batch'], counts: { inputTokens: 8 } },
    ])
  })

  it('of any length is never held', () => {
    const scanner = new JobScanner(readingOf('openai', 'GET', '/v1/files/f/content'), 'f')
    const [start, end] = line(1, { model: 'a', output: '@', usage: { prompt_tokens: 3 } }).split('@') as [
      string,
      string,
    ]
    const piece = Buffer.from(JSON.stringify('A word "of it. '.repeat(1 << 16)).slice(1, -1))
    const before = process.memoryUsage().arrayBuffers
    scanner.feed(Buffer.from(start))
    for (let megabyte = 0; megabyte < 200; megabyte++) scanner.feed(piece)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20)
    scanner.feed(Buffer.from(end))
    expect(scanner.end()?.parts).toEqual([{ model: 'a', terms: ['batch'], counts: { inputTokens: 3 } }])
  })

  it('of a strange server may name any number of models, and the memory has an end', () => {
    const reading = readingOf('openai', 'GET', '/v1/files/f/content')
    const scanner = new JobScanner(reading, 'f')
    for (let number = 0; number < 5_000; number++)
      scanner.feed(Buffer.from(line(number, { model: `m${number}`, usage: { prompt_tokens: 1 } })))
    const parts = scanner.end()?.parts ?? []
    expect(parts.length).toBeLessThan(200)
    expect(parts.reduce((sum, { counts }) => sum + (counts.inputTokens ?? 0), 0)).toBe(5_000)
  })
})

describe('an answer that is ordered', () => {
  it.each([
    ['xai', 'POST', '/v1/chat/completions', { request_id: 'r1' }],
    ['xai', 'POST', '/v1/videos/generations', { request_id: 'r1' }],
    ['perplexity', 'POST', '/v1/async/sonar', { id: 'r1', status: 'CREATED', response: null }],
    ['assemblyai', 'POST', '/v2/transcript', { id: 'r1', status: 'queued' }],
    ['anthropic', 'POST', '/v1/messages/batches', { id: 'r1', type: 'message_batch' }],
    ['gemini', 'POST', '/v1beta/models/gemini-2.5-flash:batchGenerateContent', { name: 'r1', metadata: {} }],
    ['gemini', 'POST', '/v1beta/interactions', { id: 'r1', status: 'in_progress' }],
    ['mistral', 'POST', '/v1/batch/jobs', { id: 'r1', object: 'batch', input_files: ['f'] }],
  ])('from %s by %s %s is known by its id', (provider, method, path, answer) => {
    expect(scan(readingOf(provider, method, path), [JSON.stringify(answer)])).toEqual({ names: ['r1'], parts: [] })
  })

  const chat = { prompt_tokens: 3, completion_tokens: 1 }
  it.each([
    ['xai', '/v1/chat/deferred-completion/r1', { id: 'c', model: 'm', usage: chat }, []],
    ['perplexity', '/async/chat/completions/r1', { id: 'r1', response: { model: 'm', usage: chat } }, []],
    [
      'mistral',
      '/v1/batch/jobs/r1',
      { id: 'r1', outputs: [{ response: { body: { model: 'm', usage: chat } } }] },
      ['batch'],
    ],
    [
      'openrouter',
      '/api/v1/batches/r1',
      { id: 'r1', results: [{ response: { body: { model: 'm', usage: chat } } }] },
      ['batch'],
    ],
  ])('from %s is told at %s', (provider, path, answer, terms) => {
    expect(scan(readingOf(provider, 'GET', path), [JSON.stringify(answer)], 'r1')).toEqual({
      names: ['r1'],
      parts: [{ model: 'm', terms, counts: { inputTokens: 3, outputTokens: 1 } }],
    })
  })

  it('of no job is left alone as soon as that shows', () => {
    const chatted = JSON.stringify({ id: 'c', request_id: 'r1', usage: chat })
    expect(scan(readingOf('xai', 'POST', '/v1/chat/completions'), [chatted])).toBeUndefined()
  })
})
