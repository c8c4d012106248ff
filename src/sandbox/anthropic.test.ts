import Anthropic, {
  type APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30, pieceMs: 0 })
})
afterAll(() => sandbox.close())

const client = (behaviour: string) =>
  new Anthropic({ baseURL: sandbox.baseUrl('anthropic'), apiKey: `sk-ant-sandbox-${behaviour}`, maxRetries: 0 })
const request = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] }

test('a message is answered whole and as a stream with the same text and usage', async () => {
  const whole = await client('ok').messages.create(request)
  expect(whole.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('sandbox') })
  expect(whole.usage).toMatchObject({ input_tokens: 2, output_tokens: expect.any(Number) })
  const types: string[] = []
  for await (const event of await client('ok').messages.create({ ...request, stream: true })) {
    if (types.at(-1) !== event.type) types.push(event.type)
  }
  expect(types).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
  const final = await client('ok').messages.stream(request).finalMessage()
  expect(final.content[0]).toMatchObject({ text: whole.content[0]?.type === 'text' ? whole.content[0].text : '' })
  expect(final.usage.output_tokens).toBe(whole.usage.output_tokens)
})

test('the stream has a ping behind its first block', async () => {
  const answer = await fetch(`${sandbox.baseUrl('anthropic')}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'sandbox' },
    body: JSON.stringify({ ...request, stream: true }),
  })
  expect(await answer.text()).toMatch(
    /^event: message_start\n[\s\S]+event: content_block_start\n.+\n\nevent: ping\ndata: {"type":"ping"}\n\n/,
  )
})

test('tools are called when forced, thinking comes first, tokens are counted', async () => {
  const input_schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
  const forced = { ...request, tools: [{ name: 'weather', input_schema }], tool_choice: { type: 'any' as const } }
  const tool = { type: 'tool_use', name: 'weather', input: { city: 'sandbox' } }
  expect((await client('ok').messages.create(forced)).content[0]).toMatchObject(tool)
  const streamed = await client('ok').messages.stream(forced).finalMessage()
  expect(streamed.content[0]).toMatchObject(tool)
  expect(streamed.stop_reason).toBe('tool_use')
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
  const thought = await client('ok')
    .messages.stream({ ...request, max_tokens: 2000, thinking })
    .finalMessage()
  expect(thought.content.map((block) => block.type)).toEqual(['thinking', 'text'])
  expect(await client('ok').messages.countTokens({ model: 'm', messages: request.messages })).toMatchObject({
    input_tokens: 2,
  })
  expect((await client('ok').models.list()).data[0]?.display_name).toContain('sandbox')
})

describe.each([
  ['invalid', AuthenticationError, 401, 'authentication_error'],
  ['expired', AuthenticationError, 401, 'authentication_error'],
  ['permission', PermissionDeniedError, 403, 'permission_error'],
  ['quota', BadRequestError, 400, 'invalid_request_error'],
  ['rate', RateLimitError, 429, 'rate_limit_error'],
  ['down', InternalServerError, 529, 'overloaded_error'],
] as const)('a key that is %s', (behaviour, error, status, type) => {
  test.each([
    ['a message', () => client(behaviour).messages.create(request)],
    ['a stream', () => client(behaviour).messages.create({ ...request, stream: true })],
    ['a count', () => client(behaviour).messages.countTokens({ model: 'm', messages: request.messages })],
    ['models', () => client(behaviour).models.list()],
  ])('fails as Anthropic does on %s', async (_, call) => {
    const failure = await Promise.resolve(call()).then(
      () => undefined,
      (reason: APIError) => reason,
    )
    expect(failure).toBeInstanceOf(error)
    expect(failure).toMatchObject({
      status,
      error: { type: 'error', error: { type }, request_id: expect.stringContaining('sandbox') },
    })
  })
})

test('a midstream key breaks off with an error event', async () => {
  const stream = client('midstream').messages.stream(request)
  let text = ''
  stream.on('text', (delta) => {
    text += delta
  })
  await expect(stream.finalMessage()).rejects.toMatchObject({ error: { error: { type: 'overloaded_error' } } })
  expect(text).toMatch(/^This/)
})

test('wrong requests are refused as Anthropic refuses them', async () => {
  await expect(client('ok').messages.create({ ...request, model: 'claude-missing' })).rejects.toBeInstanceOf(
    NotFoundError,
  )
  await expect(client('ok').messages.create({ ...request, messages: [] })).rejects.toBeInstanceOf(BadRequestError)
  const bearer = new Anthropic({
    baseURL: sandbox.baseUrl('anthropic'),
    authToken: 'sandbox-ok',
    apiKey: null,
    maxRetries: 0,
  })
  expect((await bearer.messages.create(request)).role).toBe('assistant')
})
