import { describe, expect, test } from 'vitest'
import { everySplit, translated } from '../../../test/support/every-split.ts'
import { findProvider, type OpenaiRoute, type Provider } from '../../providers/index.ts'
import { buildForm, parseForm } from '../form.ts'
import { readFields } from '../read-fields.ts'
import { translateRequest } from '../translate-request.ts'
import { hideUsage } from './hide-usage.ts'

const json = 'application/json'

function translate(
  provider: string,
  body: string | Buffer,
  { route = 'chat/completions' as OpenaiRoute, contentType = json, model = 'the-model' } = {},
) {
  const call = { route, contentType, body: Buffer.from(body) }
  return translateRequest(call, { provider: findProvider(provider) as Provider, model, created: 0 })
}

describe('a request for an OpenAI-compatible API', () => {
  test('is the caller’s, byte for byte, but for the model', () => {
    const body =
      '{ "temperature" : 0.10 , "model":"auto","messages":[ {"role":"user","content":"\\u00e4 \\" { } [ ]"} ], "odd":[1e400,{"model":"x"}] }'
    const message = translate('openai', body)
    expect(message.path).toBe('/v1/chat/completions')
    expect(message.body.toString()).toBe(
      '{"model":"the-model","temperature":0.10,"messages":[ {"role":"user","content":"\\u00e4 \\" { } [ ]"} ],"odd":[1e400,{"model":"x"}]}',
    )
  })

  test('goes to the place where the vendor has the route', () => {
    expect(translate('groq', '{}').path).toBe('/openai/v1/chat/completions')
    expect(translate('deepseek', '{}').path).toBe('/chat/completions')
    expect(translate('mistral', '{"input":"a"}', { route: 'embeddings' }).path).toBe('/v1/embeddings')
  })

  test.each([
    ['mistral', '{"max_completion_tokens":5,"seed":1}', '{"model":"the-model","max_tokens":5,"random_seed":1}'],
    [
      'deepseek',
      '{"max_completion_tokens":5,"max_tokens":4}',
      '{"model":"the-model","max_completion_tokens":5,"max_tokens":4}',
    ],
    [
      'groq',
      '{"max_completion_tokens":5,"constructor":1}',
      '{"model":"the-model","max_completion_tokens":5,"constructor":1}',
    ],
  ])('uses %s’s own names: %s', (provider, body, sent) => {
    expect(translate(provider, body).body.toString()).toBe(sent)
  })

  test.each([
    ['openai', 'gpt-5.4-mini', 'max_completion_tokens'],
    ['openai', 'o4-mini', 'max_completion_tokens'],
    ['azure-openai', 'gpt-10', 'max_completion_tokens'],
    ['openai', 'gpt-4o-mini', 'max_tokens'],
    ['openai', 'omni', 'max_tokens'],
    ['azure-openai', 'our-deployment', 'max_tokens'],
  ])('%s’s %s gets the limit as %s', (provider, model, name) => {
    const sent = `{"model":"${model}","${name}":5}`
    expect(translate(provider, '{"max_tokens":5}', { model }).body.toString()).toBe(sent)
    expect(translate(provider, '{"max_completion_tokens":5}', { model }).body.toString()).toContain('"max_completion')
  })

  test.each(['mistral', 'deepseek', 'sarvam', 'together', 'fireworks', 'perplexity'])(
    '%s knows OpenAI’s developer role as system; every other byte stays',
    (provider) => {
      const messages =
        '[ {"content":"\\u00e4 ] \\"developer\\"", "role":"developer"} , {"role": "user" ,"content":"developer"}]'
      const sent = translate(provider, `{"messages":${messages},"n":1}`).body.toString()
      expect(sent).toBe(
        '{"model":"the-model","messages":[{"content":"\\u00e4 ] \\"developer\\"","role":"system"},{"role": "user" ,"content":"developer"}],"n":1}',
      )
    },
  )

  test.each([
    '[{"role":"developer","role":"user"}]',
    '[{"role":"developer"} "x"]',
    '[]',
    '["developer",{"role":7}]',
    '{"role":"developer"}',
  ])('messages that are wrong are for the vendor to refuse: %s', (messages) => {
    expect(translate('mistral', `{"messages":${messages}}`).body.toString()).toBe(
      `{"model":"the-model","messages":${messages}}`,
    )
  })

  const signed = '{"id":"c", "type":"function","function":{"name":"f","arguments":"\\"extra_content\\""}'
  const answered = `[{"role":"user","content":"\\u00e4 \\"reasoning_content\\""},{"role": "assistant","content":null,"refusal":null,"reasoning_content":"hm","thinking_blocks":[{"type":"thinking"}],"tool_calls":[ ${signed},"extra_content":{"google":{"thought_signature":"c2ln"}}},${signed}} ]}]`

  test.each(['openai', 'azure-openai', 'groq', 'mistral', 'cerebras'])(
    '%s gets earlier answers without what it refuses in them',
    (provider) => {
      const { messages } = JSON.parse(translate(provider, `{"messages":${answered}}`).body.toString())
      const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '"extra_content"' } }
      expect(messages).toEqual([
        { role: 'user', content: 'ä "reasoning_content"' },
        { role: 'assistant', content: null, tool_calls: [call, call] },
      ])
    },
  )

  test.each([
    ['openai', { annotations: [] }],
    ['groq', { reasoning: 'hm' }],
    ['cerebras', { reasoning: 'hm' }],
    ['mistral', {}],
  ])('%s gets what it tells itself back, and nothing of another’s: %j', (provider, kept) => {
    const told = { annotations: [], reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text' }] }
    const messages = [{ role: 'assistant', content: 'Two.', ...told }]
    expect(JSON.parse(translate(provider, JSON.stringify({ messages })).body.toString()).messages).toEqual([
      { role: 'assistant', content: 'Two.', ...kept },
    ])
  })

  test.each(['deepseek', 'openrouter', 'fireworks', 'xai'])('%s gets earlier answers as they come back', (provider) => {
    expect(translate(provider, `{"messages":${answered}}`).body.toString()).toContain(answered)
  })

  test('a refusal that says something stays, and so does every byte of what has nothing to leave out', () => {
    const messages = '[ {"role":"assistant","refusal" : "No.", "tool_calls":[ {"id":"c"} ]} , {"content":"\\u00e4"}]'
    const sent = '[{"role":"assistant","refusal":"No.","tool_calls":[{"id":"c"}]},{"content":"\\u00e4"}]'
    expect(JSON.parse(translate('openai', `{"messages":${messages}}`).body.toString()).messages).toEqual(
      JSON.parse(sent),
    )
    for (const odd of ['[{"refusal":null} "x"]', '{"refusal":null}', '["refusal",{"tool_calls":7,"role":3}]'])
      expect(translate('openai', `{"messages":${odd}}`).body.toString()).toBe(`{"model":"the-model","messages":${odd}}`)
  })

  test('the developer role stays where the vendor knows it', () => {
    const body = '{"messages":[{"role":"developer"}]}'
    for (const provider of ['openai', 'groq', 'xai', 'cohere', 'openrouter'])
      expect(translate(provider, body).body.toString()).toContain('"developer"')
  })

  test.each([
    ['openai', '{"stream":true}', '{"model":"the-model","stream":true,"stream_options":{"include_usage":true}}', true],
    [
      'openai',
      '{"stream":true,"stream_options":{"include_usage":true,"x":1}}',
      '{"model":"the-model","stream":true,"stream_options":{"include_usage":true,"x":1}}',
      false,
    ],
    ['openai', '{"stream":false}', '{"model":"the-model","stream":false}', false],
    [
      'perplexity',
      '{"stream":true,"stream_options":{"include_usage":true}}',
      '{"model":"the-model","stream":true}',
      false,
    ],
    ['perplexity', '{"stream":true}', '{"model":"the-model","stream":true}', true],
  ])('asks %s for the counts of a stream: %s', (provider, body, sent, hides) => {
    const message = translate(provider, body)
    expect(message.body.toString()).toBe(sent)
    expect(message.answer.stream !== undefined).toBe(hides)
  })

  test.each([
    '',
    '[]',
    '"x"',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,"a":2}',
    '{"a":1',
    '{"a":"1}',
    '{a:1}',
    '{"a":1]',
    '{"a":1} x',
  ])('%j is refused', (body) => {
    expect(() => translate('openai', body)).toThrow(expect.objectContaining({ code: 'request_invalid' }))
  })

  test('keeps a form’s files, and names one model', () => {
    const sound = Buffer.from([0, 13, 10, 45, 45, 255])
    const form = buildForm([
      { name: 'model', content: 'auto' },
      { name: 'file', filename: 'a "b".wav', type: 'audio/wav', content: sound },
      { name: 'timestamp_granularities[]', content: 'word' },
    ])
    const message = translate('openai', form.body, { route: 'audio/transcriptions', contentType: form.contentType })
    const parts = parseForm(message.body, message.contentType)
    expect(parts.map(({ name }) => name)).toEqual(['model', 'file', 'timestamp_granularities[]'])
    expect(parts[0]?.bytes.toString()).toBe('the-model')
    expect(parts[1]).toMatchObject({ filename: 'a _b_.wav', type: 'audio/wav' })
    expect(parts[1]?.bytes.equals(sound)).toBe(true)
  })
})

describe('reading what the decision needs', () => {
  const read = (body: string, route: OpenaiRoute = 'chat/completions') =>
    readFields({ route, contentType: json, body: Buffer.from(body) })

  test.each([
    ['{"model":"gpt\\u002d4o"}', { model: 'gpt-4o' }],
    ['{"model":null}', {}],
    ['{"model":""}', {}],
    ['{"messages":[{"model":"x"}]}', {}],
  ])('%s', (body, fields) => {
    expect(read(body)).toEqual(fields)
  })

  test('the text that is to be spoken', () => {
    expect(read('{"input":"Hé"}', 'audio/speech')).toEqual({ input: 'Hé' })
  })

  test.each(['{"model":1}', '{"model":"a","model":"b"}', `{"model":"${'x'.repeat(300)}"}`])('%s is refused', (body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'request_invalid' }))
  })

  test('a form that names two models is refused, whichever comes first', () => {
    const form = buildForm([
      { name: 'model', content: 'a' },
      { name: 'model', content: 'b' },
    ])
    expect(() => readFields({ ...form, route: 'audio/transcriptions' })).toThrow(/stands twice/)
    expect(() =>
      readFields({
        route: 'audio/transcriptions',
        contentType: 'multipart/form-data; boundary=x',
        body: Buffer.from('--x\r\n'),
      }),
    ).toThrow(/whole multipart form/)
  })
})

describe('a stream whose counts nobody asked for', () => {
  const recorded = Buffer.from(
    [
      'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Grüße 🌍 \\"usage\\":null"}}],"usage":null}\n\n',
      ': keep-alive\n\n',
      'event: x\r\ndata: {"id":"1","choices":[{"index":0,"delta":{}}]}\r\n\r\n',
      'data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"total_tokens":3}}\n\n',
      'data: {"id":"1","choices":[],"usage":{"total_tokens":3}}\n\n',
      'data: {"id":"1","choices":[],"x_groq":{"usage":{"total_tokens":3}}}\r\n\r\n',
      'data: [DONE]\n\n',
    ].join(''),
  )
  const expected = [
    'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Grüße 🌍 \\"usage\\":null"}}]}\n\n',
    ': keep-alive\n\n',
    'event: x\r\ndata: {"id":"1","choices":[{"index":0,"delta":{}}]}\r\n\r\n',
    'data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    'data: [DONE]\n\n',
  ].join('')

  test('has none, and is otherwise as it was, wherever its bytes are split', () => {
    for (const pieces of everySplit(recorded)) expect(translated(hideUsage(), pieces)).toBe(expected)
  })

  test.each(['\n', '\r\n', '\r'])('has none whichever line ends it has (%j), and keeps them', (lineEnd) => {
    const write = (...events: string[]) => Buffer.from(events.join('\n\n').concat('\n\n').replaceAll('\n', lineEnd))
    const stream = write(
      'event: x\ndata: {"choices":[{"delta":{"content":"a"}}],"usage":{"total_tokens":1}}',
      ': spread over lines',
      'data: {"choices":[{"delta":{"content":"b"}}],\nid: 7\ndata: "usage": {"total_tokens":2}}',
      'data: {"choices":[],\ndata: "usage":{"total_tokens":3}}',
      'data: {"choices":[],"usage":{"total_tokens":4}}',
      'data: [DONE]',
    )
    const shown = write(
      'event: x\ndata: {"choices":[{"delta":{"content":"a"}}]}',
      ': spread over lines',
      'data: {"choices":[{"delta":{"content":"b"}}]}\nid: 7',
      'data: [DONE]',
    ).toString()
    for (const pieces of everySplit(stream)) expect(translated(hideUsage(), pieces)).toBe(shown)
  })

  test('has none in an event without its empty line', () => {
    const last = Buffer.from('data: {"choices":[],"usage":{"total_tokens":3}}\n')
    for (const pieces of everySplit(last)) expect(translated(hideUsage(), pieces)).toBe('')
  })

  test('passes event by event; what keeps it open and what is long does not wait', () => {
    const hiding = hideUsage()
    const feed = (text: string) => hiding.feed(Buffer.from(text))
    expect([feed(': still'), feed(' here\n'), feed('\n')]).toEqual(['', ': still here\n', '\n'])
    expect([feed('data: {"choices":[1]}\n'), feed('\n')]).toEqual(['', 'data: {"choices":[1]}\n\n'])
    const long = `data: {"choices":[{"delta":"${'a'.repeat(300_000)}`
    expect(feed(long).length).toBe(long.length)
    expect([feed('"}],"usage":{}}\n'), feed('\ndata: {"choices":[],"usage":{}}\n\n')]).toEqual([
      '"}],"usage":{}}',
      '\n\n',
    ])
  })
})
