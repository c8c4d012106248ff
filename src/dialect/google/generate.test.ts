import { describe, expect, test } from 'vitest'
import { eventsOf, everySplit, translated } from '../../../test/support/every-split.ts'
import { findProvider, type Provider } from '../../providers/index.ts'
import { translateRequest } from '../translate-request.ts'

const provider = findProvider('gemini') as Provider

function translate(request: object, model = 'gemini-2.5-flash') {
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...request }))
  const call = { route: 'chat/completions', contentType: 'application/json', body } as const
  const message = translateRequest(call, { provider, model, created: 1_750_000_000 })
  return { message, sent: JSON.parse(message.body.toString()) as Record<string, unknown> }
}

const answerOf = (answer: object) =>
  JSON.parse(
    translate({})
      .message.answer.whole?.(Buffer.from(JSON.stringify(answer)))
      .body.toString() ?? '',
  )

const look = {
  type: 'function',
  function: { name: 'look', description: 'Look', parameters: { type: 'object', properties: {} } },
}
const conversation = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hear and see' },
        { type: 'image_url', image_url: { url: 'data:image/webp;base64,AAAA' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png?x=1' } },
        { type: 'input_audio', input_audio: { data: 'BBBB', format: 'wav' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'c1',
          type: 'function',
          function: { name: 'look', arguments: '{"at":"a"}' },
          extra_content: { google: { thought_signature: 'c2ln' } },
        },
        { id: 'c2', type: 'function', function: { name: 'look', arguments: '{}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: '{"colour":"red"}' },
    { role: 'tool', tool_call_id: 'c2', content: 'blue' },
  ],
  tools: [look],
}

describe('a chat request for Gemini', () => {
  test('keeps instructions, media, calls and results where generateContent has them', () => {
    const { sent, message } = translate(conversation)
    expect(message.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent')
    expect(sent).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'Hear and see' },
            { inlineData: { mimeType: 'image/webp', data: 'AAAA' } },
            { fileData: { fileUri: 'https://example.com/a.png?x=1', mimeType: 'image/png' } },
            { inlineData: { mimeType: 'audio/wav', data: 'BBBB' } },
          ],
        },
        {
          role: 'model',
          parts: [
            { functionCall: { name: 'look', args: { at: 'a' } }, thoughtSignature: 'c2ln' },
            { functionCall: { name: 'look', args: {} } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'look', response: { colour: 'red' } } },
            { functionResponse: { name: 'look', response: { output: 'blue' } } },
          ],
        },
      ],
      tools: [
        {
          functionDeclarations: [
            { name: 'look', description: 'Look', parametersJsonSchema: { type: 'object', properties: {} } },
          ],
        },
      ],
      generationConfig: {},
    })
  })

  test('streams by events, and names tuned models as Google does', () => {
    expect(translate({ stream: true }).message.path).toBe(
      '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    )
    expect(translate({}, 'tunedModels/mine').message.path).toBe('/v1beta/tunedModels/mine:generateContent')
    expect(translate({}, 'a/../b?c').message.path).toBe('/v1beta/models/a%2F..%2Fb%3Fc:generateContent')
  })

  test('carries every number over', () => {
    const { sent } = translate({
      max_tokens: 9,
      temperature: 1.5,
      top_p: 0.5,
      top_k: 3,
      seed: 7,
      frequency_penalty: 0.5,
      presence_penalty: 0,
      stop: 'END',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
    })
    expect(sent['generationConfig']).toEqual({
      maxOutputTokens: 9,
      temperature: 1.5,
      topP: 0.5,
      topK: 3,
      seed: 7,
      frequencyPenalty: 0.5,
      stopSequences: ['END'],
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object' },
    })
  })

  test.each([
    ['gemini-2.5-flash', 'medium', { thinkingBudget: 8192, includeThoughts: true }],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-3.8-flash', 'low', { thinkingLevel: 'LOW', includeThoughts: true }],
    ['gemini-4-argon', 'xhigh', { thinkingLevel: 'HIGH', includeThoughts: true }],
  ])('%s thinks with effort %s as its generation does', (model, effort, config) => {
    expect(translate({ reasoning_effort: effort }, model).sent).toMatchObject({
      generationConfig: { thinkingConfig: config },
    })
  })

  test.each([
    [{}, undefined],
    [{ tool_choice: 'auto' }, { mode: 'AUTO' }],
    [{ tool_choice: 'none' }, { mode: 'NONE' }],
    [{ tool_choice: 'required' }, { mode: 'ANY' }],
    [
      { tool_choice: { type: 'function', function: { name: 'look' } } },
      { mode: 'ANY', allowedFunctionNames: ['look'] },
    ],
    [{ tools: [{ ...look, function: { ...look.function, strict: true } }] }, { mode: 'VALIDATED' }],
  ])('says %j as %j', (request, config) => {
    const { sent } = translate({ tools: [look], ...request })
    expect(sent['toolConfig']).toEqual(config === undefined ? undefined : { functionCallingConfig: config })
  })

  test('marks a call whose thought nobody kept, for models that insist on one', () => {
    const messages = conversation.messages.map((message) =>
      message.role === 'assistant'
        ? {
            ...message,
            tool_calls: message.tool_calls?.map(({ id, type, function: called }) => ({ id, type, function: called })),
          }
        : message,
    )
    const { sent } = translate({ ...conversation, messages }, 'gemini-4-argon')
    expect(JSON.stringify(sent).match(/skip_thought_signature_validator/g)).toHaveLength(1)
  })

  test('refuses a result that belongs to no call', () => {
    const messages = [{ role: 'tool', tool_call_id: 'gone', content: 'x' }]
    expect(() => translate({ messages })).toThrow(/no tool call has the id "gone"/)
  })
})

const usageMetadata = {
  promptTokenCount: 10,
  candidatesTokenCount: 4,
  thoughtsTokenCount: 3,
  cachedContentTokenCount: 2,
  totalTokenCount: 17,
}
const counts = {
  prompt_tokens: 10,
  completion_tokens: 7,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
}

describe('Gemini’s answer', () => {
  test('is told whole: thoughts, words, calls, counts', () => {
    const parts = [
      { text: 'hm', thought: true },
      { text: 'Two.' },
      { functionCall: { name: 'look', args: { at: 1 } }, thoughtSignature: 'c2ln' },
    ]
    const answer = answerOf({
      candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP' }],
      usageMetadata,
      modelVersion: 'gemini-2.5-flash',
      responseId: 'r-1',
    })
    expect(answer).toMatchObject({ id: 'chatcmpl-r-1', model: 'gemini-2.5-flash', usage: counts })
    expect(answer.choices[0]).toEqual({
      index: 0,
      logprobs: null,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'Two.',
        refusal: null,
        reasoning_content: 'hm',
        tool_calls: [
          {
            id: 'call_r-1_0',
            type: 'function',
            function: { name: 'look', arguments: '{"at":1}' },
            extra_content: { google: { thought_signature: 'c2ln' } },
          },
        ],
      },
    })
  })

  test.each([
    [
      { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata },
      'The prompt was blocked (PROHIBITED_CONTENT).',
    ],
    [{ candidates: [{ finishReason: 'SAFETY' }], usageMetadata }, 'The answer was blocked (SAFETY).'],
    [
      { candidates: [{ finishReason: 'RECITATION', finishMessage: 'Too close to a source.' }] },
      'Too close to a source.',
    ],
  ])('that is blocked is a refusal: %j', (answer, refusal) => {
    expect(answerOf(answer).choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal },
    })
  })
})

/** Recorded: a thought, words beyond ASCII over two events, two calls in one event, CRLF as Google writes it. */
const recorded = Buffer.from(
  [
    {
      candidates: [{ content: { parts: [{ text: 'hm', thought: true }], role: 'model' }, index: 0 }],
      usageMetadata: { promptTokenCount: 10, totalTokenCount: 10 },
      modelVersion: 'gemini-2.5-flash',
      responseId: 'r-1',
    },
    {
      candidates: [{ content: { parts: [{ text: 'Grüße ' }], role: 'model' }, index: 0 }],
      usageMetadata: { promptTokenCount: 10, totalTokenCount: 11 },
      modelVersion: 'gemini-2.5-flash',
      responseId: 'r-1',
    },
    {
      candidates: [
        {
          content: {
            parts: [
              { text: '🌍' },
              { functionCall: { name: 'a', args: {} } },
              { functionCall: { name: 'b', args: { c: 'ü' } } },
            ],
            role: 'model',
          },
          index: 0,
        },
      ],
    },
    {
      candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
      usageMetadata,
      modelVersion: 'gemini-2.5-flash',
      responseId: 'r-1',
    },
  ]
    .map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`)
    .join(''),
)

describe('Gemini’s stream', () => {
  const streamOf = (request: object = {}) => {
    const translation = translate({ stream: true, ...request }).message.answer.stream?.()
    if (translation === undefined) throw new Error('a stream was asked for')
    return translation
  }
  const counted = { stream_options: { include_usage: true } }

  test('becomes chunks, the counts last', () => {
    const events = eventsOf(translated(streamOf(counted), [recorded])) as Record<string, never>[]
    const deltas = events.flatMap(
      (event) => (event['choices'] as { delta: unknown }[] | undefined)?.map(({ delta }) => delta) ?? [],
    )
    expect(deltas).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'hm' },
      { content: 'Grüße ' },
      { content: '🌍' },
      { tool_calls: [{ index: 0, id: 'call_r-1_0', type: 'function', function: { name: 'a', arguments: '{}' } }] },
      {
        tool_calls: [{ index: 1, id: 'call_r-1_1', type: 'function', function: { name: 'b', arguments: '{"c":"ü"}' } }],
      },
      {},
    ])
    expect(events.at(-3)).toMatchObject({ id: 'chatcmpl-r-1', choices: [{ finish_reason: 'tool_calls' }] })
    expect(events.at(-2)).toMatchObject({ choices: [], usage: counts })
    expect(events.at(-1)).toBe('[DONE]')
  })

  test('says the same wherever its bytes are split', () => {
    const whole = translated(streamOf(counted), [recorded])
    for (const pieces of everySplit(recorded)) expect(translated(streamOf(counted), pieces)).toBe(whole)
  })

  test('that fails or breaks off in the middle ends with an error', () => {
    const half = recorded.subarray(0, recorded.lastIndexOf('data:'))
    const error = Buffer.from(
      'data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}\r\n\r\n',
    )
    expect(eventsOf(translated(streamOf(), [half, error])).at(-1)).toMatchObject({
      error: { message: 'The model is overloaded.', code: 'UNAVAILABLE' },
    })
    expect(eventsOf(translated(streamOf(), [half])).at(-1)).toMatchObject({ error: { code: 'provider_error' } })
  })

  test('that is blocked refuses', () => {
    const blocked = Buffer.from('data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n')
    const events = eventsOf(translated(streamOf(), [blocked]))
    expect(events).toMatchObject([
      {},
      { choices: [{ delta: { refusal: 'The prompt was blocked (SAFETY).' } }] },
      { choices: [{ finish_reason: 'content_filter' }] },
      '[DONE]',
    ])
  })
})
