import OpenAI, {
  type APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  toFile,
} from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30, pieceMs: 0 })
})
afterAll(() => sandbox.close())

const client = (behaviour: string) =>
  new OpenAI({ baseURL: `${sandbox.baseUrl('openai')}/v1`, apiKey: `sk-sandbox-${behaviour}-1234`, maxRetries: 0 })
const messages = [{ role: 'user' as const, content: 'a prompt of 23 letters.' }]
const chat = { model: 'gpt-4o-mini', messages }

test('a chat is answered by the sandbox, which counts the prompt and does not echo it', async () => {
  const answer = await client('ok').chat.completions.create(chat)
  expect(answer.choices[0]?.message.content).toMatch(/sandbox.*23 characters/)
  expect(JSON.stringify(answer)).not.toContain('a prompt of')
  expect(answer.usage).toMatchObject({ prompt_tokens: 6, total_tokens: 6 + (answer.usage?.completion_tokens ?? 0) })
})

test('a stream brings the same text, and usage only when it was asked for', async () => {
  const whole = await client('ok').chat.completions.create(chat)
  const read = async (include_usage?: boolean) => {
    const options = include_usage === undefined ? {} : { stream_options: { include_usage } }
    const chunks = []
    for await (const chunk of await client('ok').chat.completions.create({ ...chat, ...options, stream: true }))
      chunks.push(chunk)
    return chunks
  }
  const plain = await read()
  expect(plain.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.choices[0]?.message.content)
  expect(plain.filter((chunk) => 'usage' in chunk)).toEqual([])
  const counted = await read(true)
  expect(counted.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: whole.usage?.total_tokens } })
  expect(counted.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  expect((await read(false)).filter((chunk) => 'usage' in chunk)).toEqual([])
})

const schema = {
  type: 'object',
  properties: {
    city: { type: 'string', enum: ['Delhi'] },
    days: { type: 'integer', minimum: 3 },
    note: { type: 'string' },
  },
  required: ['city', 'days', 'note'],
  additionalProperties: false,
}

test('a forced tool is called, and a JSON schema is followed', async () => {
  const tool = { type: 'function' as const, function: { name: 'weather', parameters: schema } }
  const forced = { ...chat, tools: [tool], tool_choice: 'required' as const }
  const answer = await client('ok').chat.completions.create(forced)
  const call = answer.choices[0]?.message.tool_calls?.[0]
  expect(answer.choices[0]?.finish_reason).toBe('tool_calls')
  expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({
    city: 'Delhi',
    days: 3,
    note: 'sandbox',
  })
  const streamed = await client('ok').chat.completions.stream(forced).finalChatCompletion()
  expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'weather' } })
  const json = await client('ok').chat.completions.create({
    ...chat,
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
  })
  expect(JSON.parse(json.choices[0]?.message.content ?? '')).toEqual({ city: 'Delhi', days: 3, note: 'sandbox' })
})

test('max tokens cut the answer', async () => {
  const answer = await client('ok').chat.completions.create({ ...chat, max_tokens: 2 })
  expect(answer.choices[0]).toMatchObject({ message: { content: 'This is ' }, finish_reason: 'length' })
  expect(answer.usage?.completion_tokens).toBe(2)
})

test('responses come whole and as events in their real order', async () => {
  const request = { model: 'gpt-5.4', input: 'hello' }
  const whole = await client('ok').responses.create(request)
  expect(whole.output_text).toContain('sandbox')
  const types: string[] = []
  for await (const event of await client('ok').responses.create({ ...request, stream: true })) {
    if (types.at(-1) !== event.type) types.push(event.type)
    if (event.type === 'response.completed') expect(event.response.usage).toEqual(whole.usage)
  }
  expect(types).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
  const final = await client('ok').responses.stream(request).finalResponse()
  expect(final.output_text).toBe(whole.output_text)
})

test('embeddings are the same for the same text, in floats and in base64', async () => {
  const ask = (encoding_format: 'float' | 'base64') =>
    client('ok').embeddings.create({
      model: 'text-embedding-3-small',
      input: ['a', 'b'],
      dimensions: 8,
      encoding_format,
    })
  const floats = (await ask('float')).data.map((one) => one.embedding)
  expect(floats.map((vector) => vector.length)).toEqual([8, 8])
  expect(floats[0]).not.toEqual(floats[1])
  const packed = (await ask('base64')).data[0]?.embedding as unknown as string
  expect([...new Float32Array(new Uint8Array(Buffer.from(packed, 'base64')).buffer)]).toEqual(floats[0])
  const whole = await client('ok').embeddings.create({ model: 'text-embedding-3-small', input: 'a' })
  expect(whole.data[0]?.embedding).toHaveLength(1536)
})

test('recordings are counted, whatever the format of the answer', async () => {
  const file = () => toFile(Buffer.alloc(64_000, 'x'), 'a.wav')
  const audio = client('ok').audio
  const plain = await audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await file() })
  expect(plain.text).toContain('64000 bytes')
  const verbose = await audio.transcriptions.create({
    model: 'whisper-1',
    file: await file(),
    response_format: 'verbose_json',
  })
  expect(verbose).toMatchObject({ duration: 2, segments: [{ end: 2 }] })
  expect(
    await audio.transcriptions.create({ model: 'whisper-1', file: await file(), response_format: 'text' }),
  ).toContain('sandbox')
  expect(await audio.transcriptions.create({ model: 'whisper-1', file: await file(), response_format: 'srt' })).toMatch(
    /^1\n00:00:00,000 -->/,
  )
  const types = []
  for await (const event of await audio.transcriptions.create({
    model: 'gpt-4o-transcribe',
    file: await file(),
    stream: true,
  }))
    types.push(event.type)
  expect(types.at(-1)).toBe('transcript.text.done')
  expect((await audio.translations.create({ model: 'whisper-1', file: await file() })).text).toContain('sandbox')
})

test.each([
  ['mp3', 'ID3'],
  ['wav', 'RIFF'],
  ['opus', 'OggS'],
  ['flac', 'fLaC'],
  ['aac', '\u00ff\u00f1'],
] as const)('speech in %s begins as such a file does', async (response_format, magic) => {
  const answer = await client('ok').audio.speech.create({
    model: 'tts-1',
    voice: 'alloy',
    input: 'hello',
    response_format,
  })
  expect(Buffer.from(await answer.arrayBuffer()).toString('latin1')).toMatch(new RegExp(`^${magic}`))
})

test('images, moderations and models answer', async () => {
  const images = await client('ok').images.generate({ model: 'gpt-image-2', prompt: 'x' })
  expect(Buffer.from(images.data?.[0]?.b64_json ?? '', 'base64').toString('latin1')).toMatch(/PNG[\s\S]*sandbox/)
  expect((await client('ok').moderations.create({ input: ['a', 'b'] })).results).toHaveLength(2)
  expect((await client('ok').models.list()).data.map((model) => model.id)).toContain('gpt-4o-mini')
  expect((await client('ok').models.retrieve('anything')).owned_by).toBe('sandbox')
})

describe.each([
  ['invalid', AuthenticationError, 401, 'invalid_api_key'],
  ['expired', AuthenticationError, 401, 'invalid_api_key'],
  ['permission', AuthenticationError, 401, null],
  ['quota', RateLimitError, 429, 'credit_balance_exhausted'],
  ['rate', RateLimitError, 429, 'rate_limit_exceeded'],
  ['down', InternalServerError, 503, 'server_is_overloaded'],
] as const)('a key that is %s', (behaviour, error, status, code) => {
  test.each([
    ['chat', () => client(behaviour).chat.completions.create(chat)],
    ['a stream', () => client(behaviour).chat.completions.create({ ...chat, stream: true })],
    ['responses', () => client(behaviour).responses.create({ model: 'm', input: 'x' })],
    ['embeddings', () => client(behaviour).embeddings.create({ model: 'm', input: 'x' })],
    ['models', () => client(behaviour).models.list()],
    ['speech', () => client(behaviour).audio.speech.create({ model: 'm', voice: 'alloy', input: 'x' })],
    [
      'a recording',
      async () =>
        client(behaviour).audio.transcriptions.create({ model: 'm', file: await toFile(Buffer.alloc(99_999), 'a') }),
    ],
  ])('fails as OpenAI does on %s', async (_, call) => {
    const failure = await Promise.resolve(call()).then(
      () => undefined,
      (reason: APIError) => reason,
    )
    expect(failure).toBeInstanceOf(error)
    expect(failure).toMatchObject({ status, code })
    expect(failure?.message).toContain('sandbox')
    expect(failure?.headers?.get('retry-after')).toBe(behaviour === 'rate' ? '2' : null)
  })
})

test('a stream of a midstream key begins well and breaks off with an error', async () => {
  let text = ''
  const read = async () => {
    for await (const chunk of await client('midstream').chat.completions.create({ ...chat, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
  }
  await expect(read()).rejects.toMatchObject({ error: { code: 'server_is_overloaded' } })
  expect(text).toMatch(/^This is/)
  await expect(client('midstream').chat.completions.create(chat)).rejects.toThrow()
  expect((await client('midstream').models.list()).data.length).toBeGreaterThan(0)
})

test('a slow key answers as well as any', async () => {
  expect((await client('slow').chat.completions.create(chat)).choices[0]?.message.content).toContain('sandbox')
})

test('wrong requests are refused as OpenAI refuses them', async () => {
  const { chat: chats } = client('ok')
  await expect(chats.completions.create({ ...chat, model: 'gpt-missing' })).rejects.toBeInstanceOf(NotFoundError)
  await expect(chats.completions.create({ ...chat, messages: [] })).rejects.toBeInstanceOf(BadRequestError)
  const raw = (body: string, path = 'chat/completions') =>
    fetch(`${sandbox.baseUrl('openai')}/v1/${path}`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer sk-sandbox-ok' },
    })
  expect((await raw('{')).status).toBe(400)
  expect((await raw('[]')).status).toBe(400)
  expect((await raw('{}')).status).toBe(400)
  expect((await raw('{}', 'nothing')).status).toBe(404)
  expect((await fetch(`${sandbox.baseUrl('openai')}/v1/models`)).status).toBe(401)
  const real = await fetch(`${sandbox.baseUrl('openai')}/v1/models`, {
    headers: { authorization: 'Bearer sk-proj-abc' },
  })
  expect(real.status).toBe(401)
})
