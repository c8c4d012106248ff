import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './start-sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 1, pieceMs: 0 })
})
afterAll(() => sandbox.close())

type Body = Record<string, unknown> | FormData | undefined

const headersOf: Readonly<Record<string, (key: string) => Record<string, string>>> = {
  anthropic: (key) => ({ 'x-api-key': key }),
  gemini: (key) => ({ 'x-goog-api-key': key }),
  vertex: (key) => ({ 'x-goog-api-key': key }),
  elevenlabs: (key) => ({ 'xi-api-key': key }),
  deepgram: (key) => ({ authorization: `Token ${key}` }),
  'azure-openai': (key) => ({ 'api-key': key }),
}

function ask(provider: string, [method, path, body]: readonly [string, string, Body?], key = 'sandbox-ok') {
  const headers = headersOf[provider]?.(key) ?? { authorization: `Bearer ${key}` }
  const json = body !== undefined && !(body instanceof FormData)
  return fetch(`${sandbox.baseUrl(provider)}${path}`, {
    method,
    headers: json ? { ...headers, 'content-type': 'application/json' } : headers,
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as FormData) }),
  })
}

function form(fields: Record<string, string | string[]>, file = 'file'): FormData {
  const filled = new FormData()
  for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) filled.append(name, value)
  filled.append(file, new File([Buffer.alloc(64_000)], 'a.wav', { type: 'audio/wav' }))
  return filled
}

const messages = [{ role: 'user', content: 'hi' }]
const anthropicBody = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 50, messages }

/** Provider, method, path, body, and what its answer must hold. */
const surfaces: readonly (readonly [string, string, string, Body, string])[] = [
  ['openai', 'POST', '/v1/completions', { model: 'gpt-3.5-turbo-instruct', prompt: 'a' }, '"text_completion"'],
  ['openai', 'POST', '/v1/completions', { model: 'm', prompt: 'a', stream: true }, 'data: [DONE]'],
  ['openai', 'POST', '/v1/images/edits', form({ model: 'gpt-image-1', prompt: 'x' }, 'image'), '"b64_json"'],
  ['openai', 'POST', '/v1/realtime/client_secrets', { session: { type: 'realtime', model: 'm' } }, '"value":"ek_'],
  ['openai', 'POST', '/v1/realtime/sessions', { model: 'm' }, '"client_secret"'],
  ['openai', 'POST', '/v1/responses/input_tokens', { model: 'm', input: 'abcde' }, '"input_tokens":2'],
  ['openai', 'GET', '/v1/batches', undefined, '"list"'],
  ['azure-openai', 'GET', '/openai/deployments?api-version=2023-03-15-preview', undefined, '"list"'],
  ['anthropic', 'POST', '/v1/complete', { model: 'm', prompt: 'a', max_tokens_to_sample: 50 }, '"completion"'],
  ['anthropic', 'GET', '/v1/messages/batches', undefined, '"has_more"'],
  ['anthropic', 'GET', '/v1/files', undefined, '"has_more"'],
  ['gemini', 'POST', '/v1beta/models/imagen-4:predict', { instances: [{ prompt: 'x' }] }, 'bytesBase64Encoded'],
  ['gemini', 'POST', '/v1beta/interactions', { model: 'm', input: 'x' }, '"completed"'],
  ['gemini', 'GET', '/v1beta/cachedContents', undefined, 'cachedContents'],
  [
    'vertex',
    'POST',
    '/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict',
    { instances: [{ content: 'a' }] },
    'token_count',
  ],
  ['elevenlabs', 'POST', '/v1/single-use-token/realtime_scribe', undefined, '"token"'],
  ['elevenlabs', 'GET', '/v1/history', undefined, '"history"'],
  ['mistral', 'POST', '/v1/fim/completions', { model: 'codestral-latest', prompt: 'a' }, '"chat.completion"'],
  ['mistral', 'POST', '/v1/agents/completions', { agent_id: 'a', messages }, '"chat.completion"'],
  ['mistral', 'POST', '/v1/conversations', { model: 'm', inputs: 'a' }, '"message.output"'],
  ['mistral', 'POST', '/v1/conversations', { inputs: 'a', stream: true }, 'conversation.response.done'],
  ['mistral', 'POST', '/v1/ocr', { model: 'm', document: { type: 'document_url' } }, '"markdown"'],
  ['mistral', 'GET', '/v1/models', undefined, '"capabilities"'],
  ['mistral', 'POST', '/v1/embeddings', { model: 'mistral-embed', input: 'a' }, '"id":"embd-'],
  ['xai', 'POST', '/v1/stt', form({}), '"duration":2'],
  ['together', 'POST', '/v1/rerank', { model: 'm', query: 'a', documents: ['a', 'b'] }, '"relevance_score":0.5'],
  ['together', 'GET', '/v1/models', undefined, '"display_name"'],
  ['openrouter', 'GET', '/api/v1/models', undefined, '"supported_parameters"'],
  ['openrouter', 'GET', '/api/v1/key', undefined, '"byok_usage_daily"'],
  ['openrouter', 'GET', '/api/v1/generation?id=g', undefined, '"total_cost"'],
  ['cohere', 'POST', '/v1/chat', { message: 'a' }, '"finish_reason":"COMPLETE"'],
  ['cohere', 'POST', '/v1/chat', { message: 'a', stream: true }, '"event_type":"stream-end"'],
  ['cohere', 'POST', '/v1/tokenize', { model: 'm', text: 'abcde' }, '["abcd","e"]'],
  ['cohere', 'POST', '/v1/detokenize', { model: 'm', tokens: [1] }, '1 tokens'],
  ['cohere', 'POST', '/v2/audio/transcriptions', form({ model: 'm' }), '"text"'],
  ['perplexity', 'POST', '/search', { query: 'a' }, '"results"'],
  ['perplexity', 'POST', '/v1/agent', { model: 'sonar', input: 'a' }, '"total_tokens"'],
  [
    'perplexity',
    'POST',
    '/v1/agent',
    { model: 'sonar', input: 'a', response_format: { json_schema: { schema: { type: 'object', properties: {} } } } },
    '"text":"{}"',
  ],
  ['perplexity', 'POST', '/async/chat/completions', { request: { model: 'sonar', messages } }, '"CREATED"'],
  ['perplexity', 'GET', '/async/chat/completions', undefined, '"requests"'],
  ['deepgram', 'POST', '/v1/read?summarize=true', { text: 'a' }, '"summary"'],
  ['deepgram', 'POST', '/v1/auth/grant', {}, '"expires_in":30'],
  ['deepgram', 'GET', '/v1/projects/p/balances', undefined, '"amount"'],
  ['bedrock', 'POST', '/model/anthropic.claude-haiku-4-5/invoke', anthropicBody, '"end_turn"'],
  ['groq', 'POST', '/openai/v1/audio/transcriptions', form({ model: 'whisper-large-v3' }), '"x_groq"'],
  ['bedrock', 'POST', '/model/amazon.nova-canvas-v1%3A0/invoke', { taskType: 'TEXT_IMAGE' }, '"images":['],
  ['bedrock', 'POST', '/model/amazon.titan-embed-text-v2%3A0/invoke', { inputText: 'a' }, 'inputTextTokenCount'],
  ['bedrock', 'POST', '/model/amazon.nova-lite-v1%3A0/invoke', { messages }, '"outputTokens"'],
  ['bedrock', 'POST', '/model/m/count-tokens', { input: { converse: { messages } } }, '"inputTokens"'],
]

describe('surfaces beside the ones that everybody uses', () => {
  test.each(surfaces)('%s %s %s', async (provider, method, path, body, holds) => {
    const answer = await ask(provider, [method, path, body])
    const text = await answer.text()
    expect(answer.status, text).toBe(200)
    expect(text).toContain(holds)
    expect(text).toContain('sandbox')
  })
})

test('speech that is no voice’s own comes as sound', async () => {
  const calls = [
    ['xai', '/v1/tts', { text: 'hi', output_format: { codec: 'wav' } }, 'audio/wav'],
    ['elevenlabs', '/v1/music?output_format=mp3_44100_128', { prompt: 'hi' }, 'audio/mpeg'],
  ] as const
  for (const [provider, path, body, type] of calls) {
    const answer = await ask(provider, ['POST', path, body])
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type])
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(200)
  }
})

test('Bedrock’s invoke streams Anthropic’s events in its own frames', async () => {
  const answer = await ask('bedrock', ['POST', '/model/anthropic.claude/invoke-with-response-stream', anthropicBody])
  expect(answer.headers.get('content-type')).toBe('application/vnd.amazon.eventstream')
  const frames = (await answer.text()).matchAll(/\{"bytes":"([^"]+)"\}/g)
  const types = [...frames].map(([, bytes]) => JSON.parse(Buffer.from(bytes as string, 'base64').toString()).type)
  expect([types[0], types.at(-1)]).toEqual(['message_start', 'message_stop'])
})

test('words come with their times when they are among what is asked for', async () => {
  const transcribe = async (granularities: string[]) => {
    const asked = { model: 'whisper-1', response_format: 'verbose_json', 'timestamp_granularities[]': granularities }
    return (await ask('openai', ['POST', '/v1/audio/transcriptions', form(asked)])).json() as Promise<{ words?: [] }>
  }
  expect((await transcribe(['word', 'segment'])).words).toContainEqual({
    word: 'This',
    start: 0,
    end: expect.anything(),
  })
  expect((await transcribe(['segment'])).words).toBeUndefined()
})

test('Google takes its tools without a list too, and Anthropic’s text has citations only where there are some', async () => {
  const tools = { functionDeclarations: [{ name: 'w', parameters: { type: 'OBJECT' } }] }
  const toolConfig = { functionCallingConfig: { mode: 'ANY' } }
  const contents = [{ parts: [{ text: 'a' }] }]
  const google = await ask('gemini', ['POST', '/v1beta/models/m:generateContent', { contents, tools, toolConfig }])
  expect(await google.text()).toContain('"functionCall":{"name":"w"')
  const anthropic = await ask('anthropic', ['POST', '/v1/messages', { model: 'm', max_tokens: 50, messages }])
  expect(await anthropic.text()).not.toContain('citations')
})

test('HEAD is answered as GET is, without a body', async () => {
  const [head, get] = await Promise.all([ask('openai', ['HEAD', '/v1/models']), ask('openai', ['GET', '/v1/models'])])
  expect([head.status, head.headers.get('content-length')]).toEqual([200, get.headers.get('content-length')])
  expect(await head.text()).toBe('')
})
