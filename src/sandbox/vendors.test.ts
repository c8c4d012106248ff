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
