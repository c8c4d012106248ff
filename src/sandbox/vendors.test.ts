import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalogue, type Provider, parseBody } from '../providers/index.ts'
import { type FailingBehaviour, failingBehaviours } from './behaviour.ts'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30, pieceMs: 0 })
})
afterAll(() => sandbox.close())

/** What Ownkey must understand of each behaviour. */
const classes: Record<FailingBehaviour, string> = {
  invalid: 'invalid_key',
  expired: 'invalid_key',
  permission: 'permission_denied',
  quota: 'quota_exhausted',
  rate: 'rate_limited',
  down: 'provider_error',
}

function probe(provider: Provider, behaviour: string): Promise<Response> {
  const { method, path, headers, body } = provider.probes.authenticate
  const place = provider.credential(path)
  return fetch(`${sandbox.baseUrl(provider.id)}${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json', [place.header]: `${place.prefix}sandbox-${behaviour}` },
    ...(body !== undefined && { body: JSON.stringify(body).replaceAll('{model}', 'm') }),
  })
}

describe.each(catalogue.map((provider) => [provider.id, provider] as const))('the played %s', (_, provider) => {
  test.each(failingBehaviours)('fails as %s so that its own reader understands', async (behaviour) => {
    const answer = await probe(provider, behaviour)
    const text = await answer.text()
    expect(text).toContain('sandbox')
    // As the keys have it: Ownkey takes pieces of keys out of errors, and would out of the request's id.
    expect(text).not.toContain('sandbox-')
    expect(answer.headers.get('x-sandbox')).toBe('true')
    const headers = Object.fromEntries(answer.headers)
    expect(provider.readFailure({ status: answer.status, headers, body: parseBody(Buffer.from(text)) })?.class).toBe(
      classes[behaviour],
    )
  })

  test.each(['ok', 'slow', 'midstream'])('knows a key that is %s', async (behaviour) => {
    const answer = await probe(provider, behaviour)
    const text = await answer.text()
    expect(text).toContain('sandbox')
    const body = parseBody(Buffer.from(text))
    const failure = provider.readFailure({ status: answer.status, headers: Object.fromEntries(answer.headers), body })
    expect(failure === undefined || provider.probes.authenticate.provesKey?.(failure)).toBe(true)
  })
})

test('Deepgram, Cohere, AssemblyAI and Bedrock answer on their own routes', async () => {
  const ask = (path: string, authorization: string, body: unknown) =>
    fetch(`${sandbox.baseUrl('')}${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const messages = [{ role: 'user', content: 'x' }]
  const heard = await ask('deepgram/v1/listen', 'Token sandbox', { url: 'https://example.com/a.wav' })
  expect(await heard.json()).toMatchObject({ results: { channels: [{ alternatives: [{ confidence: 1 }] }] } })
  const spoken = await ask('deepgram/v1/speak', 'Token sandbox', { text: 'x' })
  expect(await spoken.text()).toMatch(/^ID3/)
  const chat = await ask('cohere/v2/chat', 'Bearer sandbox', { model: 'command-a', messages, stream: true })
  expect(await chat.text()).toMatch(/^event: message-start[\s\S]+"finish_reason":"COMPLETE"/)
  const job = (await (
    await ask('assemblyai/v2/transcript', 'sandbox', { audio_url: 'https://example.com/a' })
  ).json()) as { id: string }
  const done = await fetch(`${sandbox.baseUrl('assemblyai')}/v2/transcript/${job.id}`, {
    headers: { authorization: 'sandbox' },
  })
  expect(await done.json()).toMatchObject({ status: 'completed', text: expect.stringContaining('sandbox') })
  const converse = await ask('bedrock/model/m/converse', 'Bearer sandbox', {
    messages: [{ role: 'user', content: [{ text: 'x' }] }],
  })
  expect(await converse.json()).toMatchObject({ stopReason: 'end_turn' })
})

test.each([
  ['groq', '/openai/v1/chat/completions'],
  ['mistral', '/v1/chat/completions'],
  ['openrouter', '/api/v1/chat/completions'],
  ['fireworks', '/inference/v1/chat/completions'],
  ['perplexity', '/chat/completions'],
])('%s chats below its own path', async (provider, path) => {
  const answer = await fetch(`${sandbox.baseUrl(provider)}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sandbox' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true }),
  })
  expect(await answer.text()).toMatch(/"usage":[\s\S]+\[DONE\]/)
})

test.each([
  ['openai', '/chat/completions', 'authorization'],
  ['groq', '/v1/chat/completions', 'authorization'],
  ['anthropic', '/v1/v1/messages', 'x-api-key'],
])('%s has nothing at %s, where a base URL is a piece short or long', async (provider, path, header) => {
  const answer = await fetch(`${sandbox.baseUrl(provider)}${path}`, {
    method: 'POST',
    headers: { [header]: header === 'authorization' ? 'Bearer sandbox' : 'sandbox' },
    body: JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }),
  })
  expect(answer.status).toBe(404)
})

/** The chunks of a played stream. */
async function chunksOf(url: string, more: object) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer sandbox' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true, ...more }),
  })
  return (await answer.text()).match(/^data: \{.*$/gm)?.map((line) => JSON.parse(line.slice(6))) ?? []
}

test.each(['mistral', 'xai'])('%s streams a call of a tool in one piece', async (provider) => {
  const parameters = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
  const chunks = await chunksOf(`${sandbox.baseUrl(provider)}/v1/chat/completions`, {
    tools: [{ type: 'function', function: { name: 'f', parameters } }],
    tool_choice: 'required',
  })
  const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
  expect(calls).toHaveLength(1)
  expect(calls[0]).toMatchObject({ id: expect.any(String), function: { name: 'f' } })
  expect(JSON.parse(calls[0].function.arguments)).toEqual({ a: 'sandbox' })
})

test('Groq tells the counts last where they are asked for, and with the last words anyhow', async () => {
  const url = `${sandbox.baseUrl('groq')}/openai/v1/chat/completions`
  const counts = { total_tokens: expect.any(Number) }
  const asked = await chunksOf(url, { stream_options: { include_usage: true } })
  expect(asked.at(-1)).toMatchObject({ choices: [], usage: counts })
  const unasked = await chunksOf(url, {})
  expect(unasked.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], x_groq: { usage: counts } })
})

test('Perplexity says in every chunk who speaks, and what', async () => {
  const chunks = await chunksOf(`${sandbox.baseUrl('perplexity')}/chat/completions`, {})
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }: { delta: object }) => delta))
  expect(deltas.length).toBeGreaterThan(2)
  for (const delta of deltas) expect(delta).toMatchObject({ role: 'assistant', content: expect.any(String) })
})

test('Mistral tells its counts with the last words, and never without a choice', async () => {
  const answer = await fetch(`${sandbox.baseUrl('mistral')}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sandbox' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true }),
  })
  const chunks = (await answer.text()).match(/^data: \{.*$/gm)?.map((line) => JSON.parse(line.slice(6))) ?? []
  expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true)
  expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: { prompt_tokens: 1 } })
})

test('Bedrock streams AWS events whose lengths and checksums hold', async () => {
  const answer = await fetch(`${sandbox.baseUrl('bedrock')}/model/m/converse-stream`, {
    method: 'POST',
    headers: { authorization: 'Bearer sandbox' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] }),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  let at = 0
  for (; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const message = bytes.subarray(at, at + bytes.readUInt32BE(at))
    expect(message.readUInt32BE(8)).toBe(crc32(message.subarray(0, 8)))
    expect(message.readUInt32BE(message.length - 4)).toBe(crc32(message.subarray(0, -4)))
  }
  expect(at).toBe(bytes.length)
  expect(bytes.toString('latin1')).toMatch(/messageStart[\s\S]+sandbox[\s\S]+"totalTokens"/)
})

/** Every POST route of every vendor, as a path. */
const everyPost = catalogue.flatMap(({ id }) =>
  [
    'chat/completions',
    'responses',
    'embeddings',
    'audio/speech',
    'images/generations',
    'moderations',
    'audio/transcriptions',
    'messages',
    'messages/count_tokens',
    'models/m:generateContent',
    'models/m:streamGenerateContent',
    'models/m:embedContent',
    'models/m:batchEmbedContents',
    'text-to-speech/v',
    'text-to-speech/v/stream/with-timestamps',
    'speech-to-text',
    'chat',
    'embed',
    'listen',
    'speak',
  ].map((rest) => [id, `/v1/${rest}`] as const),
)

test('no body, however odd, leaves a caller without an answer', async () => {
  const deep = `${'{"messages":['.repeat(20_000)}${']}'.repeat(20_000)}`
  const odd = [
    '',
    '{}',
    '[]',
    'null',
    '{"messages":{},"contents":1,"input":{},"text":[]}',
    '{"model":"m","messages":[null],"tools":[null],"contents":[null],"input":[null],"text":"x","inputs":[null],"n":1e9,"dimensions":1e12}',
  ]
  for (const [provider, path] of everyPost) {
    const place = catalogue.find((one) => one.id === provider)!.credential(path)
    for (const body of path === '/v1/messages' || path === '/v1/chat/completions' ? [...odd, deep] : odd) {
      const answer = await fetch(`${sandbox.baseUrl(provider)}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [place.header]: `${place.prefix}sandbox` },
        body,
      })
      expect(await answer.text(), `${provider}${path}`).toBeTypeOf('string')
      expect(answer.status, `${provider}${path} ${body.slice(0, 80)}`).toBeLessThan(body === deep ? 501 : 500)
    }
  }
})
