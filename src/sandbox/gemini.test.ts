import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30, pieceMs: 0 })
})
afterAll(() => sandbox.close())

const client = (behaviour: string) =>
  new GoogleGenAI({ apiKey: `AIza-sandbox-${behaviour}`, httpOptions: { baseUrl: sandbox.baseUrl('gemini') } }).models
const request = { model: 'gemini-2.5-flash', contents: 'hello' }
const native = () => `${sandbox.baseUrl('gemini')}/v1beta/models/gemini-2.5-flash`
const body = JSON.stringify({ contents: [{ parts: [{ text: 'hello' }] }] })

test('content is generated whole and as a stream with the same text and usage', async () => {
  const whole = await client('ok').generateContent(request)
  expect(whole.text).toContain('sandbox')
  expect(whole.usageMetadata).toMatchObject({ promptTokenCount: 2 })
  let text = ''
  let last: unknown
  for await (const chunk of await client('ok').generateContentStream(request)) {
    text += chunk.text ?? ''
    last = chunk.usageMetadata
  }
  expect(text).toBe(whole.text)
  expect(last).toEqual(whole.usageMetadata)
})

test('without alt=sse a stream is one JSON array', async () => {
  const answer = await fetch(`${native()}:streamGenerateContent`, {
    method: 'POST',
    body,
    headers: { 'x-goog-api-key': 'sandbox' },
  })
  const chunks = (await answer.json()) as { candidates: unknown[] }[]
  expect(chunks.length).toBeGreaterThan(2)
  expect(chunks.at(-1)?.candidates[0]).toMatchObject({ finishReason: 'STOP' })
})

test('functions, schemas, speech, counts, embeddings and models', async () => {
  const mode = FunctionCallingConfigMode.ANY
  const called = await client('ok').generateContent({
    ...request,
    config: {
      tools: [
        {
          functionDeclarations: [
            { name: 'weather', parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } } },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode } },
    },
  })
  expect(called.functionCalls?.[0]).toMatchObject({ name: 'weather', args: { city: 'sandbox' } })
  const json = await client('ok').generateContent({
    ...request,
    config: {
      responseMimeType: 'application/json',
      responseSchema: { type: 'ARRAY', items: { type: 'INTEGER' } } as never,
    },
  })
  expect(JSON.parse(json.text ?? '')).toEqual([1])
  const spoken = await client('ok').generateContent({ ...request, config: { responseModalities: ['AUDIO'] } })
  expect(spoken.candidates?.[0]?.content?.parts?.[0]?.inlineData?.mimeType).toContain('audio/L16')
  expect((await client('ok').countTokens(request)).totalTokens).toBe(2)
  const embedded = await client('ok').embedContent({
    model: 'gemini-embedding-001',
    contents: ['a', 'b'],
    config: { outputDimensionality: 4 },
  })
  expect(embedded.embeddings?.map((one) => one.values?.length)).toEqual([4, 4])
  const names = []
  for await (const model of await client('ok').list()) names.push(model.name)
  expect(names).toContain('models/gemini-2.5-flash')
  expect((await client('ok').get({ model: 'gemini-2.5-pro' })).displayName).toContain('sandbox')
})

const failures = [
  ['invalid', 400, 'INVALID_ARGUMENT'],
  ['expired', 400, 'INVALID_ARGUMENT'],
  ['permission', 403, 'PERMISSION_DENIED'],
  ['quota', 402, 'RESOURCE_EXHAUSTED'],
  ['rate', 429, 'RESOURCE_EXHAUSTED'],
  ['down', 503, 'UNAVAILABLE'],
] as const

describe.each(failures)('a key that is %s', (behaviour, status, word) => {
  test.each([
    ['content', () => client(behaviour).generateContent(request)],
    ['a stream', () => client(behaviour).generateContentStream(request)],
    ['embeddings', () => client(behaviour).embedContent(request)],
    ['a count', () => client(behaviour).countTokens(request)],
    ['models', () => client(behaviour).list()],
  ])('fails as Google does on %s', async (_, call) => {
    const failure = await Promise.resolve(call()).then(
      () => undefined,
      (reason: ApiError) => reason,
    )
    expect(failure).toBeInstanceOf(ApiError)
    expect(failure).toMatchObject({ status, message: expect.stringContaining(word) })
    expect(failure?.message).toContain('sandbox')
  })

  test.each([
    ['the OpenAI route', `openai/chat/completions`, 'authorization', 'Bearer '],
    ['a stream that is an array', 'models/m:streamGenerateContent', 'x-goog-api-key', ''],
  ])('is told in an array on %s', async (_, path, header, prefix) => {
    const answer = await fetch(`${sandbox.baseUrl('gemini')}/v1beta/${path}`, {
      method: 'POST',
      body,
      headers: { [header]: `${prefix}sandbox-${behaviour}` },
    })
    expect([answer.status, await answer.json()]).toMatchObject([status, [{ error: { code: status, status: word } }]])
  })
})

test('a midstream key breaks off with an error', async () => {
  const read = async () => {
    for await (const _ of await client('midstream').generateContentStream(request));
  }
  await expect(read()).rejects.toThrow()
  const array = await fetch(`${native()}:streamGenerateContent?key=sandbox-midstream`, { method: 'POST', body })
  await expect(array.text()).rejects.toThrow()
})

test('an answer that is cut says sandbox too', async () => {
  const answer = await fetch(`${sandbox.baseUrl('gemini')}/v1beta/models/gemini-embedding-001:embedContent`, {
    method: 'POST',
    body: JSON.stringify({ content: { parts: [{ text: 'hello' }] } }),
    headers: { 'x-goog-api-key': 'sandbox-midstream' },
  })
  let text = ''
  const read = async () => {
    for await (const piece of answer.body ?? []) text += Buffer.from(piece).toString()
  }
  await expect(read()).rejects.toThrow()
  expect(text).toContain('sandbox')
})

describe('files', () => {
  const files = (behaviour = 'ok') =>
    new GoogleGenAI({ apiKey: `AIza-sandbox-${behaviour}`, httpOptions: { baseUrl: sandbox.baseUrl('gemini') } }).files

  test('are uploaded as the SDK does it, in several pieces, and found, used and deleted by their names', async () => {
    // Two pieces of the SDK's eight megabytes.
    const size = 9 * 1024 * 1024
    const blob = new Blob([Buffer.alloc(size, 'x')], { type: 'application/pdf' })
    const file = await files().upload({
      file: blob,
      config: { displayName: 'Manual, 2nd edition', mimeType: blob.type },
    })
    expect(file).toMatchObject({
      name: expect.stringMatching(/^files\/sandbox[a-z0-9]+$/),
      displayName: 'Manual, 2nd edition',
      mimeType: 'application/pdf',
      sizeBytes: String(size),
      state: 'ACTIVE',
    })
    expect(await files().get({ name: file.name ?? '' })).toMatchObject(file)
    expect(await files().get({ name: file.uri ?? '' })).toMatchObject({ name: file.name })
    const about = { fileData: { fileUri: file.uri ?? '', mimeType: 'application/pdf' } }
    const answered = await client('ok').generateContent({ ...request, contents: [{ role: 'user', parts: [about] }] })
    expect(answered.text).toContain('sandbox')
    await files().delete({ name: file.name ?? '' })
    await expect(files().get({ name: 'files/abc123' })).rejects.toMatchObject({ status: 404 })
  })

  test('can be sent in one request', async () => {
    const answer = await fetch(`${sandbox.baseUrl('gemini')}/upload/v1beta/files`, {
      method: 'POST',
      body: 'hello',
      headers: { 'x-goog-api-key': 'sandbox', 'x-goog-upload-protocol': 'raw', 'content-type': 'text/plain' },
    })
    expect(await answer.json()).toMatchObject({ file: { mimeType: 'text/plain', sizeBytes: '5' } })
  })

  test('are refused with a key that Google would refuse', async () => {
    const upload = files('invalid').upload({ file: new Blob(['x']), config: { mimeType: 'text/plain' } })
    await expect(upload).rejects.toMatchObject({ status: 400 })
  })
})

test('credentials count only in their place, and only one of them', async () => {
  const ask = (query: string, headers: Record<string, string>, rest = ':generateContent') =>
    fetch(`${native()}${rest}${query}`, { method: 'POST', body, headers }).then((answer) => answer.status)
  expect(await ask('?key=sandbox', {})).toBe(200)
  expect(await ask('?key=sandbox', { 'x-goog-api-key': 'sandbox' })).toBe(400)
  expect(await ask('', { 'x-goog-api-key': 'sandbox', authorization: 'Bearer sandbox' })).toBe(400)
  expect(await ask('', { authorization: 'Bearer sandbox' })).toBe(401)
  expect(await ask('', {})).toBe(403)
  expect(await ask('', { 'x-goog-api-key': 'AIzaReal' })).toBe(400)
})

test('the OpenAI route answers in that dialect', async () => {
  const answer = await fetch(`${sandbox.baseUrl('gemini')}/v1beta/openai/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'gemini-2.5-flash', messages: [{ role: 'user', content: 'x' }] }),
    headers: { authorization: 'Bearer sandbox-ok' },
  })
  expect(await answer.json()).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop' }] })
})
