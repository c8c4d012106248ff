/** The one dialect with the Vercel AI SDK as client, by both of its providers that speak OpenAI's Chat Completions. */
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  embed,
  generateObject,
  generateText,
  jsonSchema,
  type LanguageModel,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DialectClient, type DialectServer, startDialectServer } from '../support/one-dialect.ts'

const providers = ['openai', 'anthropic', 'gemini', 'groq'] as const
const sdks: readonly (readonly [string, (url: string, token: string) => LanguageModel])[] = [
  [
    '@ai-sdk/openai-compatible',
    (url, apiKey) =>
      createOpenAICompatible({ name: 'ownkey', baseURL: `${url}/v1`, apiKey, supportsStructuredOutputs: true })('auto'),
  ],
  ['@ai-sdk/openai', (url, apiKey) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).chat('auto')],
]

let server: DialectServer
const clients = new Map<string, DialectClient>()
beforeAll(async () => {
  server = await startDialectServer()
  for (const provider of providers) clients.set(provider, await server.clientFor(provider))
})
afterAll(() => server.close())

const question = { system: 'Answer shortly.', prompt: 'What is this?', maxRetries: 0 }
const weather = tool({
  description: 'Weather of a city',
  inputSchema: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }),
  execute: async ({ city }) => ({ city, degrees: 21 }),
})
const mood = jsonSchema<{ mood: string; score: number }>({
  type: 'object',
  properties: { mood: { type: 'string', enum: ['good', 'bad'] }, score: { type: 'integer' } },
  required: ['mood', 'score'],
  additionalProperties: false,
})

describe.each(providers)('on %s', (provider) => {
  describe.each(sdks)('the Vercel AI SDK with %s', (_name, modelOf) => {
    const model = () => modelOf(server.ownkey.url, (clients.get(provider) as DialectClient).token)

    test('generates text and tells who served, and the counts', async () => {
      const { text, usage, finishReason, response } = await generateText({ model: model(), ...question })
      expect(text).toContain('sandbox')
      expect(finishReason).toBe('stop')
      expect(usage.inputTokens).toBeGreaterThan(0)
      expect(usage.outputTokens).toBeGreaterThan(0)
      expect(response.headers?.['ownkey-provider']).toBe(provider)
      expect(response.headers?.['ownkey-key-source']).toBe('organization')
    })

    test('streams text to its end', async () => {
      const result = streamText({ model: model(), ...question })
      const pieces: string[] = []
      for await (const piece of result.textStream) pieces.push(piece)
      expect(pieces.length).toBeGreaterThan(1)
      expect(pieces.join('')).toContain('sandbox')
      expect(await result.finishReason).toBe('stop')
    })

    test('calls a tool, gives its result back and answers', async () => {
      const { steps, text } = await generateText({
        model: model(),
        ...question,
        tools: { get_weather: weather },
        toolChoice: 'auto',
        prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
        stopWhen: stepCountIs(2),
      })
      expect(steps[0]?.finishReason).toBe('tool-calls')
      expect(steps[0]?.toolCalls[0]).toMatchObject({ toolName: 'get_weather', input: { city: expect.any(String) } })
      expect(steps[0]?.toolResults[0]?.output).toMatchObject({ degrees: 21 })
      expect(text).toContain('sandbox')
    })

    test('streams a tool call', async () => {
      const result = streamText({
        model: model(),
        ...question,
        tools: { get_weather: weather },
        toolChoice: { type: 'tool', toolName: 'get_weather' },
      })
      await result.consumeStream()
      expect(await result.toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: expect.any(String) } }])
    })

    test('gets an object of its schema', async () => {
      const { object } = await generateObject({ model: model(), schema: mood, ...question })
      expect(Object.keys(object).sort()).toEqual(['mood', 'score'])
      expect(['good', 'bad']).toContain(object.mood)
    })

    test.each([
      ['invalid', 'invalid_key'],
      ['quota', 'quota_exhausted'],
      ['rate', 'rate_limited'],
      ['down', 'provider_error'],
    ])('with a key that is %s, raises the SDK’s own error', async (behaviour, errorClass) => {
      const { token } = await server.clientFor(provider, { behaviour })
      const error = await generateText({ model: modelOf(server.ownkey.url, token), ...question }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (!APICallError.isInstance(error)) throw new Error('an API call error was expected')
      expect(error.statusCode).toBeGreaterThanOrEqual(400)
      expect(error.responseHeaders?.['ownkey-error']).toBe(errorClass)
      expect(error.message).toContain('sandbox')
      expect(error.responseBody).not.toContain(token)
    })
  })
})

test.each(['openai', 'gemini'])('the Vercel AI SDK embeds on %s', async (provider) => {
  const { token } = await server.clientFor(provider, { feature: 'search' })
  const model = createOpenAI({ baseURL: `${server.ownkey.url}/v1`, apiKey: token }).embedding('auto')
  const { embedding, usage } = await embed({ model, value: 'a text', maxRetries: 0 })
  expect(embedding.length).toBeGreaterThan(7)
  expect(usage.tokens).toBeGreaterThanOrEqual(0)
})
