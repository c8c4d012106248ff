import { type IncomingMessage, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import {
  bytes,
  cut,
  end,
  hang,
  head,
  json,
  type Responder,
  script,
  signal,
  sse,
  tell,
  write,
} from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.close())

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hi' }]
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 1 },
}

interface Asked {
  plan?: string
  model?: string
  stream?: boolean
}

async function ask(
  answer: Responder | Responder['answer'],
  { plan, model = 'claude-haiku-4-5', stream = false }: Asked = {},
) {
  const { org, token } = await journey.newOrg(plan)
  const openai = new OpenAI({ apiKey: token, baseURL: `${journey.ownkey.url}/v1`, maxRetries: 0 })
  const order = journey.upstream.journal.requests.length
  const undo = journey.upstream.on(/./, answer)
  try {
    const told = await openai.chat.completions.create({ model, messages, stream }).withResponse()
    return { ...told, org, order, error: undefined }
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error
    return { data: undefined, response: undefined, org, order, error }
  } finally {
    undo()
  }
}

describe('a translated request on the wire', () => {
  test('carries the provider’s credential and nothing of the caller’s', async () => {
    const { data, order } = await ask(json(message))
    expect((data as OpenAI.ChatCompletion).choices[0]?.message.content).toBe('Hello')
    const sent = await journey.upstream.journal.request(order)
    expect(`${sent.method} ${sent.target}`).toBe('POST /v1/messages')
    expect(sent.header('x-api-key')).toBe(canaryKeys.anthropic)
    expect(sent.header('anthropic-version')).toBe('2023-06-01')
    expect(sent.header('authorization')).toBeUndefined()
    expect(sent.headers.filter(([name]) => /^(?:x-stainless|ownkey-|openai-)/i.test(name))).toEqual([])
    expect(sent.json()).toMatchObject({ model: 'claude-haiku-4-5', messages: [{ role: 'user' }] })
  })

  test.each([
    ['claude-haiku-4-5', '/v1/messages', 'messages', message],
    [
      'gemini-2.5-flash',
      '/v1beta/models/gemini-2.5-flash:generateContent',
      'contents',
      { candidates: [{ content: { role: 'model', parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }] },
    ],
  ])('of an agent that signs its answers goes to %s with the words alone', async (model, path, field, answer) => {
    const { token } = await journey.newOrg()
    const undo = journey.upstream.on(path, json(answer))
    const order = journey.upstream.journal.requests.length
    const openai = new OpenAI({ apiKey: token, baseURL: `${journey.ownkey.url}/v1`, maxRetries: 0 })
    const said = { role: 'assistant' as const, name: 'researcher', content: 'Found it.' }
    await openai.chat.completions.create({ model, messages: [...messages, said, ...messages] })
    undo()
    const sent = journey.upstream.journal.requests[order]?.json() as Record<string, unknown[]>
    expect(sent[field]).toHaveLength(3)
    expect(JSON.stringify(sent[field]?.[1])).toContain('Found it.')
    expect(JSON.stringify(sent)).not.toContain('researcher')
  })

  test('gives the pictures of an answer on, whole and in a stream', async () => {
    const parts = [{ text: 'Here' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }]
    const drawn = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] }
    const image = { type: 'image_url', index: 0, image_url: { url: 'data:image/png;base64,AAAA' } }
    const model = 'gemini-2.5-flash'
    const { data } = await ask(json(drawn), { model })
    expect((data as OpenAI.ChatCompletion).choices[0]?.message).toMatchObject({ content: 'Here', images: [image] })
    const { data: stream } = await ask(sse([{ data: drawn }]), { model, stream: true })
    const deltas: object[] = []
    for await (const { choices } of stream as AsyncIterable<OpenAI.ChatCompletionChunk>)
      deltas.push(...choices.map(({ delta }) => delta))
    expect(deltas).toContainEqual({ images: [image] })
  })

  test('reads an answer that comes compressed although nobody asked for it', async () => {
    const { data } = await ask(json(message, { encoding: 'gzip' }))
    expect((data as OpenAI.ChatCompletion).choices[0]?.message.content).toBe('Hello')
  })
})

describe('a stream that comes compressed although nobody asked for it', () => {
  const packed = (...events: object[]) =>
    bytes(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
      headers: { 'content-type': 'text/event-stream' },
      encoding: 'gzip',
    })

  test('is told in events, with its counts in the books', async () => {
    const { data, response, org } = await ask(
      packed(
        { type: 'message_start', message: { ...message, content: [], usage: { input_tokens: 3, output_tokens: 0 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
        { type: 'message_stop' },
      ),
      { stream: true },
    )
    let text = ''
    for await (const chunk of data as AsyncIterable<OpenAI.ChatCompletionChunk>)
      text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('Hello')
    expect(response?.headers.get('content-encoding')).toBeNull()
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests`)
    expect(body.items).toMatchObject([{ status: 200, inputTokens: 3, outputTokens: 7 }])
  })

  test('fails as an error where it opens with one', async () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const { error } = await ask(packed(overloaded), { stream: true })
    expect(error).toMatchObject({ status: 503, code: 'provider_error' })
  })
})

describe('a translated answer that fails', () => {
  test('tells a stream that opens with an error as an error', async () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const { error } = await ask(sse([{ event: 'error', data: overloaded }]), { stream: true })
    expect(error).toMatchObject({ status: 503, code: 'provider_error', type: 'server_error' })
    expect(error?.message).toContain('Overloaded')
    expect(error?.headers?.get('ownkey-error')).toBe('provider_error')
  })

  test.each([
    ['several lines of data', '', '{"error":\n', '{"message":"rate","type":"requests","code":"rate_limit_exceeded"}}'],
    [
      'a comment, a name and several lines',
      ': hi\n\nevent: error\n',
      '{"error":\n',
      '{"message":"rate","type":"requests"}}',
    ],
  ])('tells the error itself where a stream opens with it in %s', async (_name, before, first, second) => {
    const events = bytes(`${before}data: ${first}data: ${second}\n\n`, {
      headers: { 'content-type': 'text/event-stream' },
    })
    const { error } = await ask(events, { model: 'gpt-5.4-mini', stream: true })
    expect(error).toMatchObject({ status: 429, type: 'requests', code: 'rate_limit_exceeded', param: null })
    expect(error?.error).toMatchObject({ message: 'rate' })
  })

  test('tells the text of an event named error', async () => {
    const events = bytes('event: error\ndata: something bad\n\n', { headers: { 'content-type': 'text/event-stream' } })
    const { error } = await ask(events, { model: 'gpt-5.4-mini', stream: true })
    expect(error?.error).toMatchObject({ message: 'something bad', type: 'server_error' })
  })

  test.each([
    ['an answer that is no JSON', bytes('<html>maintenance</html>', { headers: { 'content-type': 'text/html' } })],
    ['a broken compression', json(message, { encoding: 'broken_gzip' })],
    [
      'an answer that breaks off',
      script(head(200, { 'content-type': 'application/json', 'content-length': '900' }), write('{"id":'), cut),
    ],
  ])('does not make an empty answer of %s', async (_name, answer) => {
    const { error } = await ask(answer)
    expect(error).toMatchObject({ status: 502, code: 'upstream_unreachable' })
  })

  const login = '<!DOCTYPE html><html>login</html>'
  test.each([
    ['a page', bytes(login, { headers: { 'content-type': 'text/html' } })],
    ['a page that calls itself JSON', bytes(login, { headers: { 'content-type': 'application/json' } })],
    ['nothing', bytes('', { headers: { 'content-type': 'application/json' } })],
    ['a text', bytes('it works', { headers: { 'content-type': 'text/plain' } })],
  ])('takes %s for no answer, also of a provider that speaks OpenAI’s words', async (_name, answer) => {
    const { error, org } = await ask(answer, { model: 'gpt-4.1-mini' })
    expect(error).toMatchObject({ status: 502, code: 'upstream_unreachable' })
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests`)
    expect(body.items).toMatchObject([{ errorClass: 'provider_error' }])
  })

  test('takes no page for speech', async () => {
    const { token } = await journey.newOrg()
    const openai = new OpenAI({ apiKey: token, baseURL: `${journey.ownkey.url}/v1`, maxRetries: 0 })
    const undo = journey.upstream.on(/./, bytes(login, { headers: { 'content-type': 'text/html' } }))
    const speech = openai.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hi' })
    await expect(speech).rejects.toMatchObject({ status: 502 })
    undo()
  })

  test('reads JSON that says of itself to be text', async () => {
    const completion = { id: 'x', choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' } }] }
    const { data } = await ask(bytes(JSON.stringify(completion), { headers: { 'content-type': 'text/plain' } }), {
      model: 'gpt-4.1-mini',
    })
    expect(data).toBeDefined()
  })

  test('falls back as long as the caller got nothing', async () => {
    let calls = 0
    const answer: Responder = {
      reads: 'first',
      answer: (exchange) => {
        calls += 1
        if (calls > 1) return json(message)(exchange)
        return script(
          head(200, { 'content-type': 'application/json', 'content-length': '900' }),
          write('{"id":'),
          cut,
        )(exchange)
      },
    }
    const { data, response } = await ask(answer, { plan: 'falling' })
    expect((data as OpenAI.ChatCompletion).choices[0]?.message.content).toBe('Hello')
    expect(response?.headers.get('ownkey-key-source')).toBe('platform')
    expect(response?.headers.get('ownkey-fallback')).toBe('network')
  })

  test('keeps the provider’s status and sentence, and cuts the key out of it', async () => {
    const body = {
      error: {
        code: 403,
        status: 'PERMISSION_DENIED',
        message: `Permission denied: Consumer 'api_key:${canaryKeys.gemini}' has been suspended.`,
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'CONSUMER_SUSPENDED' }],
      },
    }
    const { error } = await ask(json([body], { status: 403 }), { model: 'gemini-2.5-flash' })
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError)
    expect(error?.message).toContain('has been suspended')
    expect(error?.message).not.toContain(canaryKeys.gemini.slice(4, 16))
    expect(error?.code).toBe('permission_denied')
  })

  test('tells OpenAI’s SDK how long to wait where the provider says it in the body only', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '38.2s' }]
    const body = { error: { code: 429, message: 'Slow down', status: 'RESOURCE_EXHAUSTED', details } }
    const waitOf = async (headers: Record<string, string>) => {
      const { error } = await ask(json(body, { status: 429, headers }), { model: 'gemini-2.5-flash' })
      return [error?.status, error?.headers?.get('retry-after')]
    }
    expect(await waitOf({})).toEqual([429, '39'])
    expect(await waitOf({ 'retry-after': '7' })).toEqual([429, '7'])
  })
})

test('a caller who leaves a translated stream ends the provider’s', async () => {
  const here = signal()
  const start = { type: 'message_start', message: { ...message, content: [] } }
  const text = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } }
  const events = [start, text].map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`).join('')
  const answer = script(head(200, { 'content-type': 'text/event-stream' }), write(events), tell(here.raise), hang)
  const { data, order } = await ask(answer, { stream: true })
  await here.raised
  for await (const chunk of data as AsyncIterable<OpenAI.ChatCompletionChunk>)
    if (chunk.choices[0]?.delta.content) break
  const seen = await journey.upstream.journal.request(order)
  expect((await seen.ended).how).toBe('closed_by_peer')
})

test('a caller who reads slowly slows the provider down, and gets every word', async () => {
  const pieces = 2_000
  const text = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '~'.repeat(16 * 1024) } }
  const event = (data: { type: string; [field: string]: unknown }) =>
    `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
  const answer = script(
    head(200, { 'content-type': 'text/event-stream' }),
    write(event({ type: 'message_start', message: { ...message, content: [] } })),
    ...Array.from({ length: pieces }, () => write(event(text))),
    write(event({ type: 'message_delta', delta: { stop_reason: 'end_turn' } })),
    write(event({ type: 'message_stop' })),
    end(),
  )
  const undo = journey.upstream.on(/./, answer)
  const { token } = await journey.newOrg()
  const order = journey.upstream.journal.requests.length
  const caller = request(`${journey.ownkey.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  })
  caller.end(JSON.stringify({ model: 'claude-haiku-4-5', messages, stream: true }))
  const response = await new Promise<IncomingMessage>((resolve) => caller.once('response', resolve))
  response.pause()
  const seen = await journey.upstream.journal.request(order)
  // Nothing can prove that something never happens: 32 MB over loopback would be there long before.
  expect(await Promise.race([seen.ended.then(() => 'all sent'), pause(2_000, 'held back')])).toBe('held back')
  let words = 0
  let last = ''
  for await (const chunk of response) {
    words += (chunk as Buffer).toString('latin1').split('~').length - 1
    last = (last + (chunk as Buffer).toString('latin1')).slice(-64)
  }
  undo()
  expect(words).toBe(pieces * 16 * 1024)
  expect(last.endsWith('data: [DONE]\n\n')).toBe(true)
})
