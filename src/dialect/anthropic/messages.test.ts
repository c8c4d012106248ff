import { describe, expect, test } from 'vitest'
import { eventsOf, everySplit, translated } from '../../../test/support/every-split.ts'
import { findProvider, type Provider } from '../../providers/index.ts'
import { translateRequest } from '../translate-request.ts'

const provider = findProvider('anthropic') as Provider

function translate(request: object, model = 'claude-sonnet-5-5') {
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...request }))
  const call = { route: 'chat/completions', contentType: 'application/json', body } as const
  const message = translateRequest(call, { provider, model, created: 1_750_000_000 })
  return { message, sent: JSON.parse(message.body.toString()) as Record<string, unknown> }
}

const answerOf = (request: object, answer: object, model?: string) =>
  JSON.parse(
    translate(request, model)
      .message.answer.whole?.(Buffer.from(JSON.stringify(answer)))
      .body.toString() ?? '',
  )

const conversation = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Use tools.', cache_control: { type: 'ephemeral' } }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Compare' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
      ],
    },
    {
      role: 'assistant',
      content: 'Let me look.',
      thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'c2ln' }],
      tool_calls: [
        { id: 'call.1', type: 'function', function: { name: 'look', arguments: '{"at":"a"}' } },
        { id: 'call.2', type: 'function', function: { name: 'look', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call.1', content: 'red' },
    { role: 'tool', tool_call_id: 'call.2', content: [{ type: 'text', text: 'blue' }] },
    { role: 'user', content: 'So?' },
  ],
  tools: [
    {
      type: 'function',
      function: { name: 'look', description: 'Looks.', strict: true, parameters: { properties: {} } },
      cache_control: { type: 'ephemeral' },
    },
  ],
}

describe('a chat request for Anthropic', () => {
  test('keeps instructions, media, calls and results where Messages has them', () => {
    const { sent, message } = translate(conversation)
    expect(message.path).toBe('/v1/messages')
    expect(message.headers).toEqual(['anthropic-version', '2023-06-01'])
    expect(sent).toEqual({
      model: 'claude-sonnet-5-5',
      max_tokens: 32_768,
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Use tools.', cache_control: { type: 'ephemeral' } },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.jpg' } },
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' },
              title: 'a.pdf',
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 'call_1', name: 'look', input: { at: 'a' } },
            { type: 'tool_use', id: 'call_2', name: 'look', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'red' }] },
            { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'blue' }] },
            { type: 'text', text: 'So?' },
          ],
        },
      ],
      tools: [
        {
          name: 'look',
          description: 'Looks.',
          input_schema: { type: 'object', properties: {} },
          strict: true,
          cache_control: { type: 'ephemeral' },
        },
      ],
    })
  })

  test.each([
    [{ tool_choice: 'auto' }, { type: 'auto' }],
    [{ tool_choice: 'required' }, { type: 'any' }],
    [{ tool_choice: 'none' }, { type: 'none' }],
    [{ tool_choice: 'none', parallel_tool_calls: false }, { type: 'none' }],
    [{ parallel_tool_calls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [{ tool_choice: { type: 'function', function: { name: 'look' } } }, { type: 'tool', name: 'look' }],
  ])('says %j as %j', (request, choice) => {
    expect(translate({ tools: conversation.tools, ...request }).sent['tool_choice']).toEqual(choice)
  })

  test.each([
    [
      'claude-sonnet-5-5',
      'high',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
    ],
    [
      'claude-opus-4-8',
      'minimal',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
    ],
    ['claude-sonnet-5', 'none', { thinking: { type: 'disabled' } }],
    ['claude-haiku-5-5', 'none', { thinking: { type: 'disabled' } }],
    ['claude-sonnet-5-5', 'none', { thinking: { type: 'between_tools' } }],
    ['claude-opus-5-5', 'none', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }],
    ['claude-fable-5', 'none', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }],
    ['claude-haiku-4-5-20251001', 'medium', { thinking: { type: 'enabled', budget_tokens: 8192 }, max_tokens: 24_576 }],
    ['claude-3-7-sonnet-latest', 'low', { thinking: { type: 'enabled', budget_tokens: 2048 } }],
    ['claude-3-7-sonnet-latest', 'minimal', { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['claude-3-7-sonnet-latest', 'high', { thinking: { type: 'enabled', budget_tokens: 16_384 }, max_tokens: 32_768 }],
    ['claude-3-7-sonnet-latest', 'xhigh', { thinking: { type: 'enabled', budget_tokens: 24_576 } }],
    ['claude-3-7-sonnet-latest', 'max', { thinking: { type: 'enabled', budget_tokens: 31_999 } }],
    ['claude-sonnet-5-5', 'low', { output_config: { effort: 'low' } }],
    ['claude-sonnet-5-5', 'medium', { output_config: { effort: 'medium' } }],
    ['claude-sonnet-5-5', 'xhigh', { output_config: { effort: 'xhigh' } }],
    ['claude-sonnet-5-5', 'max', { output_config: { effort: 'max' } }],
  ])('%s thinks with effort %s as its generation does', (model, effort, fields) => {
    expect(translate({ reasoning_effort: effort }, model).sent).toMatchObject(fields)
  })

  test.each([
    ['claude-opus-4-8', 16_384],
    ['claude-sonnet-5', 32_768],
    ['claude-sonnet-5-5', 32_768],
    ['a-model-of-an-imitator', 16_384],
  ])('lets %s write %i tokens where nobody says how many: later ones think within them', (model, limit) => {
    expect(translate({}, model).sent['max_tokens']).toBe(limit)
    expect(translate({ max_tokens: 5 }, model).sent['max_tokens']).toBe(5)
  })

  test('thinks by a budget below its limit, and not at all where that leaves too little', () => {
    const thinking = (limit: number) =>
      translate({ reasoning_effort: 'low', max_tokens: limit }, 'claude-3-7-sonnet-latest').sent
    expect(thinking(2049)).toMatchObject({ thinking: { budget_tokens: 2048 }, max_tokens: 2049 })
    expect(thinking(1025)).toMatchObject({ thinking: { budget_tokens: 1024 }, max_tokens: 1025 })
    expect(() => thinking(1024)).toThrow('needs max_completion_tokens above 1024 to think')
  })

  test('may say in Anthropic’s own words what OpenAI has none for', () => {
    const own = {
      thinking: { type: 'enabled', budget_tokens: 4096 },
      cache_control: { type: 'ephemeral' },
      top_k: 5,
    }
    expect(translate({ ...own, user: 'u_1', stop: 'x' }).sent).toMatchObject({
      ...own,
      metadata: { user_id: 'u_1' },
      stop_sequences: ['x'],
    })
  })

  const json = { response_format: { type: 'json_object' } }
  const forced = { tool_choice: { type: 'tool', name: 'json_object' } }

  test.each([
    'claude-3-haiku-20240307',
    'claude-sonnet-4-20250514',
    'claude-haiku-4-5',
    'claude-opus-4-8',
    'claude-sonnet-5',
    'claude-sonnet-5-20260630',
    'claude-haiku-5-5',
    'claude-fable-5',
    'a-model-of-an-imitator',
  ])('makes %s give any JSON object as the input of a tool, beside which nothing else may stand', (model) => {
    expect(translate(json, model).sent).toMatchObject(forced)
    for (const other of [
      { tools: conversation.tools },
      { reasoning_effort: 'low' },
      { thinking: { type: 'adaptive' } },
    ])
      expect(() => translate({ ...json, ...other }, model)).toThrow(
        expect.objectContaining({
          code: 'request_invalid',
          facts: expect.objectContaining({ param: 'response_format' }),
        }),
      )
  })

  test.each(['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-fable-5-2', 'claude-sonnet-6'])(
    'asks %s, which cannot be made to call a tool, for any JSON object in words',
    (model) => {
      const { sent, message } = translate({ ...conversation, ...json, reasoning_effort: 'low' }, model)
      expect(sent).not.toHaveProperty('tool_choice')
      expect(sent).toMatchObject({ tools: [{ name: 'look' }], output_config: { effort: 'low' } })
      expect(sent['system']).toMatchObject([
        { text: 'Be brief.' },
        { text: 'Use tools.' },
        { type: 'text', text: expect.stringContaining('one JSON object') },
      ])
      const answer = { content: [{ type: 'text', text: '{"a":1}' }], stop_reason: 'end_turn' }
      const told = message.answer.whole?.(Buffer.from(JSON.stringify(answer))).body.toString() ?? ''
      expect(JSON.parse(told).choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"a":1}' } })
    },
  )

  test('leaves out what is everybody’s default: later models refuse to be told', () => {
    expect(translate({ temperature: 1, top_p: 1 }).sent).not.toHaveProperty('temperature')
    expect(translate({ temperature: 1, top_p: 1 }).sent).not.toHaveProperty('top_p')
    expect(translate({ temperature: 0, top_p: 0.5 }).sent).toMatchObject({ temperature: 0, top_p: 0.5 })
  })

  test('closes schemas and says their limits in words', () => {
    const schema = {
      type: 'object',
      properties: {
        minimum: { type: 'integer', minimum: 1, description: 'Least' },
        list: { type: 'array', items: { type: 'object', properties: {} } },
      },
    }
    const { sent } = translate({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })
    expect(sent['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          additionalProperties: false,
          properties: {
            minimum: { type: 'integer', description: 'Least {minimum: 1}' },
            list: { type: 'array', items: { type: 'object', properties: {}, additionalProperties: false } },
          },
        },
      },
    })
  })

  test('hands text files on as documents, and refuses those that it cannot read', () => {
    const withFile = (type: string) => ({
      messages: [
        {
          role: 'user',
          content: [{ type: 'file', file: { filename: 'a.csv', file_data: `data:${type};base64,YTvDvAo=` } }],
        },
      ],
    })
    expect(translate(withFile('text/csv')).sent['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a;ü\n' }, title: 'a.csv' },
        ],
      },
    ])
    expect(() => translate(withFile('application/zip'))).toThrow('only PDF and text files can be read')
  })

  test('refuses messages in which nothing is said, and two limits that differ', () => {
    expect(() => translate({ messages: [{ role: 'user', content: [] }] })).toThrow('nothing is said')
    expect(translate({ max_tokens: 7, max_completion_tokens: 7 }).sent['max_tokens']).toBe(7)
    expect(() => translate({ max_tokens: 8, max_completion_tokens: 7 })).toThrow('max_tokens')
  })

  test('keeps a prompt where OpenAI’s callers mark it, at the latest four marks', () => {
    const marked = (text: string, ttl?: string) => ({
      type: 'text',
      text,
      prompt_cache_breakpoint: { mode: 'explicit', ...(ttl && { ttl }) },
    })
    const { sent } = translate({
      prompt_cache_options: { mode: 'explicit' },
      messages: [
        { role: 'system', content: [marked('a')] },
        {
          role: 'user',
          content: [marked('b', '12h'), { type: 'text', text: 'c', cache_control: { type: 'ephemeral' } }],
        },
        { role: 'user', content: [marked('d'), marked('e'), marked('f')] },
      ],
    })
    const ephemeral = { type: 'ephemeral' }
    expect(sent['system']).toEqual([{ type: 'text', text: 'a' }])
    expect(sent['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'b', cache_control: { ...ephemeral, ttl: '1h' } },
          ...['c', 'd', 'e', 'f'].map((text) => ({ type: 'text', text, cache_control: ephemeral })),
        ],
      },
    ])
  })

  test.each([[' '], ['\n\n']])('leaves %j out, with which a model begins or says nothing', (content) => {
    const { messages } = translate({
      messages: [
        { role: 'user', content: 'Look' },
        { role: 'assistant', content, tool_calls: conversation.messages[3]?.tool_calls?.slice(0, 1) },
        { role: 'tool', tool_call_id: 'call.1', content: 'red' },
        { role: 'assistant', content },
        { role: 'user', content: 'So?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: content },
            { type: 'text', text: 'Red.' },
          ],
        },
        { role: 'user', content: 'Sure?' },
      ],
    }).sent as { messages: { role: string; content: { type: string; text?: string }[] }[] }
    expect(messages.map(({ role, content: blocks }) => [role, blocks.map(({ type, text }) => text ?? type)])).toEqual([
      ['user', ['Look']],
      ['assistant', ['tool_use']],
      ['user', ['tool_result', 'So?']],
      ['assistant', [content, 'Red.']],
      ['user', ['Sure?']],
    ])
  })

  test('may begin with the assistant’s greeting, before which Anthropic wants the user', () => {
    const greeting = { role: 'assistant', content: 'Hello! How can I help?' }
    const { messages } = translate({ messages: [greeting, { role: 'user', content: 'Hi' }] }).sent
    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: '(The assistant speaks first.)' }] },
      { role: 'assistant', content: [{ type: 'text', text: greeting.content }] },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    ])
  })

  test('made of instructions alone still says them', () => {
    const { sent } = translate({ messages: [{ role: 'system', content: 'Write a poem.' }] })
    expect(sent['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Write a poem.' }] }])
    expect(sent['system']).toBeUndefined()
  })

  test.each([
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'oracle', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', name: 'Ann', content: 'x' }] }, 'messages[0].name'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://x/a.png' } }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'A', format: 'wav' } }] }] },
      'messages[0].content[0].input_audio',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
      'messages[0].content[0].file',
    ],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'b', arguments: '[' } }] }] },
      'messages[0].tool_calls[0].function.arguments',
    ],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0].type'],
    [{ tool_choice: { type: 'function', function: { name: 'gone' } } }, 'tool_choice'],
    [{ functions: [] }, 'functions'],
    [{ response_format: { type: 'xml' } }, 'response_format'],
    [{ temperature: 1.1 }, 'temperature'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ web_search_options: {} }, 'web_search_options'],
  ])('%j is refused by name', (request, field) => {
    expect(() => translate(request)).toThrow(
      expect.objectContaining({ code: 'request_invalid', facts: expect.objectContaining({ param: field }) }),
    )
  })
})

const usage = {
  input_tokens: 10,
  cache_read_input_tokens: 5,
  cache_creation_input_tokens: 3,
  output_tokens: 7,
  output_tokens_details: { thinking_tokens: 2 },
}
const counts = {
  prompt_tokens: 18,
  completion_tokens: 7,
  total_tokens: 25,
  prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
  completion_tokens_details: { reasoning_tokens: 2 },
}

describe('Anthropic’s answer', () => {
  test('is told whole: thoughts, words, calls, counts', () => {
    const thinking = { type: 'thinking', thinking: 'hm', signature: 'c2ln' }
    const content = [
      thinking,
      { type: 'text', text: 'Two.' },
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
    ]
    expect(answerOf({}, { id: 'msg_1', model: 'claude-x', content, stop_reason: 'tool_use', usage })).toEqual({
      id: 'msg_1',
      object: 'chat.completion',
      created: 1_750_000_000,
      model: 'claude-x',
      choices: [
        {
          index: 0,
          logprobs: null,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Two.',
            refusal: null,
            reasoning_content: 'hm',
            thinking_blocks: [thinking],
            tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
          },
        },
      ],
      usage: counts,
    })
  })

  test('that refuses says so', () => {
    const refused = answerOf(
      {},
      {
        id: 'm',
        model: 'c',
        content: [],
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', category: 'cyber' },
        usage,
      },
    )
    expect(refused.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal: 'The model refused to answer (cyber).' },
    })
  })

  test('of the JSON tool is its text', () => {
    const content = [{ type: 'tool_use', id: 't', name: 'json_object', input: { a: 1 } }]
    const answer = answerOf(
      { response_format: { type: 'json_object' } },
      { id: 'm', model: 'c', content, stop_reason: 'tool_use', usage },
      'claude-haiku-5-5',
    )
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"a":1}' } })
  })

  test('that is no JSON is not made into an empty one', () => {
    expect(() => translate({}).message.answer.whole?.(Buffer.from('<html>'))).toThrow()
  })
})

/** Recorded: a thought, words beyond ASCII, two calls at once, one without arguments. */
const recorded = Buffer.from(`event: message_start
data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüße 🌍 "}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"look","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"at\\": \\"ü"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: content_block_start
data: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_2","name":"now","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":3}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7,"output_tokens_details":{"thinking_tokens":2}}}

event: message_stop
data: {"type":"message_stop"}

`)

describe('Anthropic’s stream', () => {
  const streamOf = (request: object = {}, model?: string) => {
    const translation = translate({ stream: true, ...request }, model).message.answer.stream?.()

    if (translation === undefined) throw new Error('a stream was asked for')
    return translation
  }
  const counted = { stream_options: { include_usage: true } }

  test('becomes chunks: thoughts, words, calls by index, the counts last', () => {
    const events = eventsOf(translated(streamOf(counted), [recorded])) as Record<string, never>[]
    const deltas = events.flatMap(
      (event) => (event['choices'] as { delta: unknown }[] | undefined)?.map(({ delta }) => delta) ?? [],
    )
    expect(deltas).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'h' },
      { reasoning_content: 'm' },
      { content: 'Grüße 🌍 ' },
      { tool_calls: [{ index: 0, id: 'toolu_1', type: 'function', function: { name: 'look', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"at": "ü' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"}' } }] },
      { tool_calls: [{ index: 1, id: 'toolu_2', type: 'function', function: { name: 'now', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      { thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'c2ln' }] },
      {},
    ])
    expect(events.at(-3)).toMatchObject({
      id: 'msg_01',
      object: 'chat.completion.chunk',
      created: 1_750_000_000,
      model: 'claude-sonnet-5-5',
      usage: null,
      choices: [{ finish_reason: 'tool_calls' }],
    })
    expect(events.at(-2)).toMatchObject({ choices: [], usage: counts })
    expect(events.at(-1)).toBe('[DONE]')
  })

  test('is whole without its last event, once it was said why it stopped', () => {
    const text = recorded.toString()
    const cut = (at: string) => [Buffer.from(text.slice(0, text.indexOf(at)))]
    expect(translated(streamOf(counted), cut('event: message_stop'))).toBe(translated(streamOf(counted), [recorded]))
    expect(translated(streamOf(counted), cut('event: message_delta'))).toContain('ended before its answer did')
  })

  test('may tell a call’s arguments where the call begins', () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'a' } }
    const told = [
      { type: 'content_block_start', index: 0, content_block: call },
      { type: 'content_block_stop', index: 0 },
    ]
    const pieces = told.map((event) => Buffer.from(`data: ${JSON.stringify(event)}\n\n`))
    const [, , filled] = eventsOf(translated(streamOf(), pieces)) as { choices: { delta: unknown }[] }[]
    expect(filled?.choices[0]?.delta).toEqual({ tool_calls: [{ index: 0, function: { arguments: '{"at":"a"}' } }] })
  })

  test('keeps calls apart that come at once, and what the provider’s own tools are asked out of them', () => {
    const start = (index: number, type: string) => ({
      type: 'content_block_start',
      index,
      content_block: { type, id: `toolu_${index}`, name: 'look', input: {} },
    })
    const delta = (index: number, json: string) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: json },
    })
    const stop = (index: number) => ({ type: 'content_block_stop', index })
    const events = [
      [start(0, 'server_tool_use'), delta(0, '{"query":1}'), start(1, 'tool_use'), start(2, 'tool_use')],
      [delta(1, '{"a":'), delta(2, '{"b":'), delta(0, '{"query":2}'), delta(1, '1}'), delta(2, '2}')],
      [stop(0), stop(1), stop(2), start(3, 'tool_use'), delta(9, '{}'), stop(3), { type: 'message_stop' }],
    ]
    const stream = events.flat().map((event) => `data: ${JSON.stringify(event)}\n\n`)
    const said = eventsOf(translated(streamOf(), [Buffer.from(stream.join(''))])) as Record<string, never>[]
    const calls = said.flatMap(
      (event) => (event['choices'] as { delta: { tool_calls?: never[] } }[] | undefined)?.[0]?.delta.tool_calls ?? [],
    ) as { index: number; id?: string; function: { arguments: string } }[]
    expect(
      [0, 1, 2].map((index) => {
        const own = calls.filter((call) => call.index === index)
        return [own[0]?.id, own.map((call) => call.function.arguments).join('')]
      }),
    ).toEqual([
      ['toolu_1', '{"a":1}'],
      ['toolu_2', '{"b":2}'],
      ['toolu_3', '{}'],
    ])
    expect(calls.filter(({ index }) => ![0, 1, 2].includes(index))).toEqual([])
  })

  test('of the JSON tool is text, and no call', () => {
    const from = recorded.indexOf('event: content_block_start\ndata: {"type":"content_block_start","index":2')
    const to = recorded.indexOf('event: content_block_start\ndata: {"type":"content_block_start","index":3')
    const only = [recorded.subarray(from, to), recorded.subarray(recorded.indexOf('event: message_delta'))]
    const json = streamOf({ response_format: { type: 'json_object' } }, 'claude-haiku-5-5')
    const events = eventsOf(translated(json, only)) as {
      choices: { delta: { content?: string; tool_calls?: unknown }; finish_reason: string | null }[]
    }[]
    const choices = events.flatMap((event) => event.choices ?? [])
    expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe('{"at": "ü"}')
    expect(choices.filter(({ delta }) => delta.tool_calls !== undefined)).toEqual([])
    expect(choices.at(-1)?.finish_reason).toBe('stop')
  })

  test('says the same wherever its bytes are split', () => {
    const whole = translated(streamOf(counted), [recorded])
    for (const pieces of everySplit(recorded)) expect(translated(streamOf(counted), pieces)).toBe(whole)
  })

  test('tells no counts that nobody asked for', () => {
    expect(translated(streamOf(), [recorded])).not.toContain('usage')
  })

  test('that fails in the middle ends with the error, and with nothing behind it', () => {
    const cut = recorded.subarray(0, recorded.indexOf('event: message_delta'))
    const error = Buffer.from(
      'event: error\ndata: {"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}}\n\n',
    )
    expect(eventsOf(translated(streamOf(), [cut, error])).at(-1)).toEqual({
      error: { message: 'Overloaded', type: 'server_error', param: null, code: 'overloaded_error' },
    })
    expect(eventsOf(translated(streamOf(), [cut])).at(-1)).toMatchObject({ error: { code: 'provider_error' } })
  })
})
