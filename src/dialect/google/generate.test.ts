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

describe('more answers than one, and their probabilities', () => {
  const token = (text: string, logProbability: number) => ({ token: text, tokenId: 1, logProbability })
  const candidate = (index: number, text: string, more: object = {}) => ({
    index,
    content: { role: 'model', parts: [{ text }] },
    ...more,
  })
  const certain = {
    logprobsResult: {
      chosenCandidates: [token('é', -0.1)],
      topCandidates: [{ candidates: [token('é', -0.1), token('e', -2)] }],
    },
  }

  test('are asked for where Google has them', () => {
    expect(translate({ n: 3, logprobs: true, top_logprobs: 2 }).sent['generationConfig']).toEqual({
      candidateCount: 3,
      responseLogprobs: true,
      logprobs: 2,
    })
    expect(translate({ n: 1, logprobs: true }).sent['generationConfig']).toEqual({ responseLogprobs: true })
    expect(translate({ n: 1, logprobs: false, top_logprobs: 0 }).sent['generationConfig']).toEqual({})
  })

  test.each([
    [{ n: 9 }, 'n'],
    [{ n: 1.5 }, 'n'],
    [{ n: '2' }, 'n'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
    [{ logprobs: 5 }, 'logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
  ])('%j is refused by name', (request, param) => {
    expect(() => translate(request)).toThrow(
      expect.objectContaining({ code: 'request_invalid', facts: expect.objectContaining({ param }) }),
    )
  })

  test('come as choices, in order', () => {
    const { choices } = answerOf({
      candidates: [
        candidate(1, 'two', { finishReason: 'MAX_TOKENS' }),
        candidate(0, 'é', { finishReason: 'STOP', ...certain }),
      ],
      usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 4 },
    })
    expect(
      choices.map((one: { index: number; message: { content: string }; finish_reason: string }) => [
        one.index,
        one.message.content,
        one.finish_reason,
      ]),
    ).toEqual([
      [0, 'é', 'stop'],
      [1, 'two', 'length'],
    ])
    expect(choices[0].logprobs).toEqual({
      content: [
        {
          token: 'é',
          logprob: -0.1,
          bytes: [195, 169],
          top_logprobs: [
            { token: 'é', logprob: -0.1, bytes: [195, 169] },
            { token: 'e', logprob: -2, bytes: [101] },
          ],
        },
      ],
      refusal: null,
    })
    expect(choices[1].logprobs).toBeNull()
  })

  test('stream side by side, each with its role, its end and its calls', () => {
    const call = { functionCall: { name: 'look', args: {} } }
    const events = [
      { candidates: [candidate(0, 'a', certain)], responseId: 'r' },
      { candidates: [candidate(1, 'b'), candidate(0, 'c', { finishReason: 'STOP' })], responseId: 'r' },
      { candidates: [{ index: 1, content: { parts: [call] }, finishReason: 'STOP' }], responseId: 'r' },
      { candidates: [candidate(2, 'not asked for')] },
    ]
    const bytes = Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join(''))
    const { message } = translate({ n: 2, stream: true, logprobs: true })
    for (const pieces of everySplit(bytes)) {
      const chunks = eventsOf(translated(message.answer.stream?.() as never, pieces)) as {
        choices: { index: number; delta: Record<string, unknown>; finish_reason: string | null; logprobs: unknown }[]
      }[]
      const of = (index: number) => chunks.flatMap(({ choices = [] }) => choices).filter((one) => one.index === index)
      expect(
        of(0)
          .map(({ delta }) => delta['content'] ?? '')
          .join(''),
      ).toBe('ac')
      expect(of(0)[0]?.delta['role']).toBe('assistant')
      expect(of(0)[1]?.logprobs).toMatchObject({ content: [{ token: 'é' }] })
      expect(
        of(1)
          .map(({ delta }) => delta['content'] ?? '')
          .join(''),
      ).toBe('b')
      expect(of(1).find(({ delta }) => delta['tool_calls'])?.delta['tool_calls']).toMatchObject([{ index: 0 }])
      expect([of(0).at(-1)?.finish_reason, of(1).at(-1)?.finish_reason]).toEqual(['stop', 'tool_calls'])
      expect(of(2)).toEqual([])
    }
  })
})

describe('a chat request for Vertex AI', () => {
  const vertex = findProvider('vertex') as Provider
  const pathOf = (model: string, stream: boolean) =>
    translateRequest(
      {
        route: 'chat/completions',
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], stream })),
      },
      { provider: vertex, model, created: 0 },
    ).path

  test('goes to the publisher’s model, whatever form its name has', () => {
    expect(pathOf('google/gemini-2.5-pro', false)).toBe('/v1/publishers/google/models/gemini-2.5-pro:generateContent')
    expect(pathOf('models/gemini-2.5-pro', true)).toBe(
      '/v1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    )
    expect(pathOf('../x', false)).toBe('/v1/publishers/google/models/..%2Fx:generateContent')
  })
})

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
    ['gemini-2.5-flash', 'minimal', { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-flash', 'high', { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-2.5-flash', 'xhigh', { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-2.5-flash', 'max', { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }],
    ['google/gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-3.1-flash-lite', 'none', { thinkingLevel: 'MINIMAL' }],
    ['models/gemini-3-flash-preview', 'minimal', { thinkingLevel: 'MINIMAL', includeThoughts: true }],
    ['gemini-3.1-pro-preview', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }],
    ['gemini-3.8-flash', 'none', { thinkingLevel: 'LOW' }],
    ['gemini-3.8-flash', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }],
    ['gemini-4-argon', 'none', { thinkingLevel: 'LOW' }],
    ['gemini-3.8-flash', 'medium', { thinkingLevel: 'MEDIUM', includeThoughts: true }],
    ['gemini-3.8-flash', 'high', { thinkingLevel: 'HIGH', includeThoughts: true }],
    ['gemini-4-argon', 'max', { thinkingLevel: 'HIGH', includeThoughts: true }],
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

  test('puts results in the order of their calls, by which alone Google tells them apart', () => {
    const called = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: `{"at":"${id}"}` } })
    const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: `seen ${id}` })
    const { sent } = translate({
      messages: [
        { role: 'user', content: 'Look' },
        { role: 'assistant', tool_calls: [called('a'), called('b')] },
        result('b'),
        result('a'),
        { role: 'user', content: 'And?' },
      ],
      tools: [look],
    })
    const [, , told] = sent['contents'] as { parts: object[] }[]
    expect(told?.parts).toEqual([
      { functionResponse: { name: 'look', response: { output: 'seen a' } } },
      { functionResponse: { name: 'look', response: { output: 'seen b' } } },
      { text: 'And?' },
    ])
  })

  test('refuses messages in which nothing is said', () => {
    expect(() => translate({ messages: [{ role: 'user', content: '' }] })).toThrow('nothing is said')
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
  const ends: [string, string][] = [
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ...[
      'SAFETY',
      'RECITATION',
      'LANGUAGE',
      'BLOCKLIST',
      'PROHIBITED_CONTENT',
      'SPII',
      'IMAGE_SAFETY',
      'IMAGE_PROHIBITED_CONTENT',
      'IMAGE_RECITATION',
      'OTHER',
      'MALFORMED_FUNCTION_CALL',
      'MALFORMED_RESPONSE',
      'UNEXPECTED_TOOL_CALL',
      'TOO_MANY_TOOL_CALLS',
      'MISSING_THOUGHT_SIGNATURE',
    ].map((reason): [string, string] => [reason, 'content_filter']),
  ]
  test.each(ends)('that ended for %s is told to have ended for %s', (finishReason, finish) => {
    const candidate = { content: { parts: [{ text: 'a' }] }, finishReason }
    expect(answerOf({ candidates: [candidate] }).choices[0].finish_reason).toBe(finish)
  })

  test('that came to nothing is not passed off as whole', () => {
    const candidate = {
      finishReason: 'MALFORMED_FUNCTION_CALL',
      finishMessage: 'Malformed function call: look(',
      index: 0,
    }
    expect(answerOf({ candidates: [candidate] }).choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal: 'Malformed function call: look(' },
    })
  })

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

  test('that tells twice why it ended refuses once', () => {
    const ended = 'data: {"candidates":[{"finishReason":"SAFETY"}]}\n\n'
    const events = eventsOf(translated(streamOf(), [Buffer.from(ended + ended)]))
    expect(events).toMatchObject([
      {},
      { choices: [{ delta: { refusal: 'The answer was blocked (SAFETY).' } }] },
      { choices: [{ finish_reason: 'content_filter' }] },
      '[DONE]',
    ])
  })

  test.each(['null', '{"trafficType":"ON_DEMAND"}'])('whose last counts are %s keeps those before', (last) => {
    const counted = 'data: {"candidates":[{}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2}}\n\n'
    const ended = `data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":${last}}\n\n`
    const stream = streamOf({ stream_options: { include_usage: true } })
    expect(eventsOf(translated(stream, [Buffer.from(counted + ended)])).at(-2)).toMatchObject({
      usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
    })
  })
})
