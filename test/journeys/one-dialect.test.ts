import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DialectClient, type DialectServer, startDialectServer } from '../support/one-dialect.ts'

/** Native translations and OpenAI-compatible APIs: the same suite for all. */
const providers = ['openai', 'anthropic', 'gemini', 'vertex', 'groq', 'mistral', 'deepseek'] as const

const tool: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const schema = {
  name: 'sentiment',
  strict: true,
  schema: {
    type: 'object',
    properties: { mood: { type: 'string', enum: ['good', 'bad'] }, score: { type: 'integer', minimum: 1 } },
    required: ['mood', 'score'],
    additionalProperties: false,
  },
}
const picture =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const question: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'system', content: 'Answer shortly.' },
  { role: 'user', content: 'What is this?' },
]

let server: DialectServer
const clients = new Map<string, DialectClient>()
beforeAll(async () => {
  server = await startDialectServer()
  for (const provider of providers) clients.set(provider, await server.clientFor(provider))
})
afterAll(() => server.close())

const clientOf = (provider: string) => clients.get(provider) as DialectClient

describe.each(providers)('a product that speaks OpenAI’s dialect, on %s', (provider) => {
  const chat = (request: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) =>
    clientOf(provider).openai.chat.completions.create({ model: 'auto', messages: question, ...request })
  const stream = async (request: Partial<OpenAI.ChatCompletionCreateParamsStreaming>) => {
    const chunks: OpenAI.ChatCompletionChunk[] = []
    const events = await clientOf(provider).openai.chat.completions.create({
      model: 'auto',
      messages: question,
      ...request,
      stream: true,
    })
    for await (const chunk of events) chunks.push(chunk)
    return chunks
  }
  const textOf = (chunks: OpenAI.ChatCompletionChunk[]) =>
    chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')

  test('gets an answer, its counts and who served', async () => {
    const { data, response } = await clientOf(provider)
      .openai.chat.completions.create({ model: 'auto', messages: question })
      .withResponse()
    expect(data.object).toBe('chat.completion')
    expect(data.choices).toHaveLength(1)
    expect(data.choices[0]).toMatchObject({ index: 0, finish_reason: 'stop', message: { role: 'assistant' } })
    expect(data.choices[0]?.message.content).toContain('sandbox')
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0))
    expect(data.usage?.prompt_tokens).toBeGreaterThan(0)
    expect(response.headers.get('ownkey-provider')).toBe(provider)
    expect(response.headers.get('ownkey-model')).toBe(data.model)
    expect(response.headers.get('ownkey-key-source')).toBe('organization')
    expect(response.headers.get('content-type')).toContain('application/json')
  })

  test('streams, with counts exactly when they are asked for', async () => {
    const plain = await stream({})
    expect(textOf(plain)).toContain('sandbox')
    expect(plain.every((chunk) => chunk.choices.length === 1 && !('usage' in chunk))).toBe(true)
    expect(plain.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(plain[0]?.choices[0]?.delta.role).toBe('assistant')
    expect(new Set(plain.map(({ id }) => id)).size).toBe(1)

    const counted = await stream({ stream_options: { include_usage: true } })
    const told = counted.filter((chunk) => chunk.usage)
    expect(told.length).toBeGreaterThan(0)
    expect(told[0]?.usage?.completion_tokens).toBeGreaterThan(0)
    expect(textOf(counted)).toBe(textOf(plain))
  })

  test('calls tools, gives their results back and goes on', async () => {
    const asked = await chat({ tools: [tool], tool_choice: { type: 'function', function: { name: 'get_weather' } } })
    const [choice] = asked.choices
    const [call] = choice?.message.tool_calls ?? []
    expect(choice?.finish_reason).toBe('tool_calls')
    if (call?.type !== 'function') throw new Error('no function was called')
    expect(call.function.name).toBe('get_weather')
    expect(Object.keys(JSON.parse(call.function.arguments) as object)).toEqual(['city'])
    const answer = await chat({
      tools: [tool],
      messages: [
        ...question,
        choice?.message as OpenAI.ChatCompletionMessageParam,
        { role: 'tool', tool_call_id: call.id, content: '{"degrees":21}' },
        { role: 'tool', tool_call_id: call.id, content: 'sunny' },
        { role: 'user', content: 'And tomorrow?' },
      ],
    })
    expect(answer.choices[0]?.message.content).toContain('sandbox')
  })

  test('streams a tool call in deltas', async () => {
    const chunks = await stream({ tools: [tool], tool_choice: 'required' })
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
    expect(deltas[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather' } })
    expect(deltas[0]?.id).toBeTruthy()
    const whole = deltas.map((delta) => delta.function?.arguments ?? '').join('')
    expect(Object.keys(JSON.parse(whole) as object)).toEqual(['city'])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  test('shows pictures', async () => {
    const answer = await chat({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: picture } },
            { type: 'image_url', image_url: { url: 'https://example.com/cat.png', detail: 'low' } },
          ],
        },
      ],
    })
    expect(answer.choices[0]?.message.content).toContain('2 attachments')
  })

  test('gets JSON of its schema, and any JSON object', async () => {
    const typed = await chat({ response_format: { type: 'json_schema', json_schema: schema } })
    expect(Object.keys(JSON.parse(typed.choices[0]?.message.content ?? '') as object).sort()).toEqual(['mood', 'score'])
    const free = await chat({ response_format: { type: 'json_object' } })
    expect(typeof JSON.parse(free.choices[0]?.message.content ?? '')).toBe('object')
    expect(free.choices[0]?.finish_reason).toBe('stop')
    const streamed = await stream({ response_format: { type: 'json_object' } })
    expect(typeof JSON.parse(textOf(streamed))).toBe('object')
    expect(streamed.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  test('is cut at its limit and told so', async () => {
    const answer = await chat({ max_completion_tokens: 3 })
    expect(answer.choices[0]?.finish_reason).toBe('length')
    expect(answer.choices[0]?.message.content?.length).toBeLessThan(20)
  })

  test('may ask for reasoning', async () => {
    const answer = await chat({ reasoning_effort: 'low' })
    expect(answer.choices[0]?.message.content).toContain('sandbox')
  })

  test.each([
    ['invalid', 'invalid_key'],
    ['rate', 'rate_limited'],
    ['quota', 'quota_exhausted'],
    ['down', 'provider_error'],
  ])('with a key that is %s, raises the SDK’s own error', async (behaviour, errorClass) => {
    const { openai, token } = await server.clientFor(provider, { behaviour })
    for (const streamed of [false, true]) {
      const error = await openai.chat.completions.create({ model: 'auto', messages: question, stream: streamed }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (!(error instanceof OpenAI.APIError)) throw new Error('an API error was expected')
      expect(error.status).toBeGreaterThanOrEqual(400)
      expect(error.headers?.get('ownkey-error')).toBe(errorClass)
      expect(error.message).toContain('sandbox')
      expect(error.type).toBeTruthy()
      expect(JSON.stringify(error.error)).not.toContain('0'.repeat(12))
      expect(JSON.stringify(error.error)).not.toContain(token)
    }
  })

  test('hears of a stream that breaks off, and takes no half answer for a whole one', async () => {
    const { openai } = await server.clientFor(provider, { behaviour: 'midstream' })
    const read = async () => {
      const events = await openai.chat.completions.create({ model: 'auto', messages: question, stream: true })
      let text = ''
      for await (const chunk of events) text += chunk.choices[0]?.delta.content ?? ''
      return text
    }
    await expect(read()).rejects.toThrow()
  })

  test('stands in the books with the provider’s counts', async () => {
    const { openai, org } = await server.clientFor(provider)
    const answer = await openai.chat.completions.create({ model: 'auto', messages: question })
    const events = await openai.chat.completions.create({ model: 'auto', messages: question, stream: true })
    for await (const _chunk of events);
    const requests = async () => (await server.ownkey.api('GET', `/orgs/${org}/requests`)).body.items
    await expect
      .poll(async () => (await requests()).filter((one: { status?: number }) => one.status === 200).length)
      .toBe(2)
    for (const entry of await requests()) {
      expect(entry).toMatchObject({ provider, model: answer.model, keySource: 'organization' })
      expect(entry.inputTokens).toBe(answer.usage?.prompt_tokens)
      expect(entry.outputTokens).toBe(answer.usage?.completion_tokens)
    }
  })
})

describe('what a provider cannot do', () => {
  test.each([
    ['anthropic', { logprobs: true }, 'logprobs'],
    ['anthropic', { n: 2 }, 'n'],
    ['anthropic', { seed: 7 }, 'seed'],
    ['anthropic', { temperature: 1.5 }, 'temperature'],
    ['anthropic', { presence_penalty: 1 }, 'presence_penalty'],
    ['anthropic', { modalities: ['text', 'audio'] }, 'modalities'],
    ['anthropic', { audio: { voice: 'alloy', format: 'mp3' } }, 'audio'],
    ['gemini', { n: 9 }, 'n'],
    ['gemini', { parallel_tool_calls: false, tools: [tool] }, 'parallel_tool_calls'],
    ['gemini', { logit_bias: { 50256: -100 } }, 'logit_bias'],
  ])('%s refuses %j by name, before anything is sent', async (provider, field, name) => {
    const request = { model: 'auto', messages: question, ...field } as OpenAI.ChatCompletionCreateParamsNonStreaming
    const error = await clientOf(provider)
      .openai.chat.completions.create(request)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    if (!(error instanceof OpenAI.BadRequestError)) throw new Error('a 400 was expected')
    expect(error).toMatchObject({ code: 'request_invalid', param: name })
    expect(error.message).toMatch(provider === 'gemini' ? /Gemini/ : /Anthropic/)
    expect(error.headers?.get('x-should-retry')).toBe('false')
  })

  test('Gemini gives several answers, and how sure it was of each word', async () => {
    for (const provider of ['gemini', 'vertex']) {
      const request = { model: 'auto', messages: question, n: 3, logprobs: true, top_logprobs: 2 }
      const { choices } = await clientOf(provider).openai.chat.completions.create(request)
      expect(choices.map(({ index }) => index)).toEqual([0, 1, 2])
      expect(choices[2]?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2)
      const seen = new Set<number>()
      for await (const chunk of await clientOf(provider).openai.chat.completions.create({ ...request, stream: true }))
        for (const choice of chunk.choices) if (choice.finish_reason === 'stop') seen.add(choice.index)
      expect([...seen]).toEqual([0, 1, 2])
    }
  })

  test('defaults that are written out ask for nothing', async () => {
    const defaults = { n: 1, logprobs: false, frequency_penalty: 0, presence_penalty: 0, logit_bias: {}, store: false }
    for (const provider of ['anthropic', 'gemini']) {
      const request = { model: 'auto', messages: question, ...defaults, user: 'u1', stop: null }
      const answer = await clientOf(provider).openai.chat.completions.create(request)
      expect(answer.choices[0]?.message.content).toContain('sandbox')
    }
  })
})

describe('a model', () => {
  const served = async (provider: string, model: string) => {
    const { response } = await clientOf(provider)
      .openai.chat.completions.create({ model, messages: question })
      .withResponse()
    return `${response.headers.get('ownkey-provider')}/${response.headers.get('ownkey-model')}`
  }

  test('goes to the provider that it belongs to, whichever key the organization brought', async () => {
    const { openai, org } = await server.clientFor('gemini')
    await server.ownkey.putKey(org, 'anthropic', `sk-ant-api03-sandbox-ok-${'0'.repeat(30)}`)
    for (const [model, provider] of [
      ['claude-haiku-4-5', 'anthropic'],
      ['gemini-2.5-pro', 'gemini'],
      ['anthropic/claude-opus-5-5', 'anthropic'],
      ['claude/auto', 'anthropic'],
      ['gemini/gemini-9-new', 'gemini'],
    ] as const) {
      const { response } = await openai.chat.completions.create({ model, messages: question }).withResponse()
      expect(response.headers.get('ownkey-provider'), model).toBe(provider)
    }
  })

  test('of a host of others’ models keeps its whole name', async () => {
    expect(await served('groq', 'openai/gpt-oss-120b')).toBe('groq/openai/gpt-oss-120b')
  })

  test('may be left out', async () => {
    const { ownkey } = server
    const answer = await fetch(`${ownkey.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientOf('anthropic').token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: question }),
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('ownkey-provider')).toBe('anthropic')
  })

  test('that stands twice is refused', async () => {
    const answer = await fetch(`${server.ownkey.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientOf('openai').token}`, 'content-type': 'application/json' },
      body: '{"model":"auto","messages":[],"\\u006dodel":"gpt-4o"}',
    })
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { error: { code: string } }).error.code).toBe('request_invalid')
  })
})

describe('fallback across providers', () => {
  test.each([false, true])(
    'an own Gemini key that fails is replaced by the platform’s OpenAI key (stream: %s)',
    async (streamed) => {
      const { openai } = await server.clientFor('gemini', { behaviour: 'invalid', plan: 'falling' })
      const { data, response } = await openai.chat.completions
        .create({ model: 'auto', messages: question, stream: streamed })
        .withResponse()
      expect(response.headers.get('ownkey-provider')).toBe('openai')
      expect(response.headers.get('ownkey-model')).toBe('gpt-5.4-mini')
      expect(response.headers.get('ownkey-fallback')).toBe('invalid_key')
      expect(response.headers.get('ownkey-key-source')).toBe('platform')
      if (!streamed) expect((data as OpenAI.ChatCompletion).choices[0]?.message.content).toContain('sandbox')
      else
        for await (const chunk of data as AsyncIterable<OpenAI.ChatCompletionChunk>)
          expect(chunk.object).toBe('chat.completion.chunk')
    },
  )
})

describe('the list of models', () => {
  test('holds what this organization may name, in OpenAI’s shape', async () => {
    const { openai } = await server.clientFor('gemini', { plan: 'gemini_only' })
    const models = (await openai.models.list()).data
    expect(models.map(({ id }) => id)).toContain('gemini-2.5-flash')
    expect(new Set(models.map((model) => model.owned_by))).toEqual(new Set(['gemini']))
    expect(models.some(({ id }) => id.includes('embedding'))).toBe(false)
    expect(await openai.models.retrieve('gemini-2.5-pro')).toMatchObject({ id: 'gemini-2.5-pro', object: 'model' })
    await expect(openai.models.retrieve('gpt-4o')).rejects.toThrow(OpenAI.NotFoundError)
  })

  test('says why it is empty', async () => {
    const { ownkey } = server
    const answer = await fetch(`${ownkey.url}/v1/models`, {
      headers: {
        authorization: `Bearer ${await ownkey.token({ org: clientOf('gemini').org })}`,
        'ownkey-feature': 'nothing',
      },
    })
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { error: { code: string } }).error.code).toBe('feature_unknown')
  })
})

describe('what is not there', () => {
  test.each([
    ['GET', '/v1/chat/completions', 405, 'method_not_allowed'],
    ['POST', '/v1/models', 405, 'method_not_allowed'],
    ['POST', '/v1/responses', 404, 'not_found'],
    ['GET', '/v1', 404, 'not_found'],
  ])('%s %s answers %i', async (method, path, status, code) => {
    const headers = { authorization: `Bearer ${clientOf('openai').token}` }
    const answer = await fetch(server.ownkey.url + path, { method, headers })
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([status, code])
  })
})
