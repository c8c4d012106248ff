import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import {
  type Answer,
  bytes,
  cut,
  end,
  head,
  json,
  script,
  sse,
  startUpstream,
  type Upstream,
  write,
} from '../support/upstream.ts'

/** An own key of one provider fails, in every way before the first byte; the platform's key of another serves. */

let ownkey: RunningOwnkey
let gemini: Upstream
let anthropic: Upstream
let openai: Upstream
beforeAll(async () => {
  ;[gemini, anthropic, openai] = await Promise.all([startUpstream(), startUpstream(), startUpstream()])
  ownkey = await startOwnkey({
    config: {
      providers: {
        gemini: { baseUrl: gemini.origin },
        anthropic: { baseUrl: anthropic.origin },
        openai: { baseUrl: openai.origin, platformKey: canaryPlatformKey },
      },
      features: { assistant: { title: 'Assistant' } },
      plans: {
        falling: { verify: 'format_only', fallback: { mode: 'always', provider: 'openai' } },
        some: { verify: 'format_only', fallback: { mode: 'always', provider: 'openai', when: ['invalid_key'] } },
      },
    },
  })
  openai.on(/./, (exchange) =>
    (exchange.request.json() as { stream?: boolean }).stream === true ? streamed(exchange) : whole(exchange),
  )
})
afterAll(() => Promise.all([ownkey, gemini, anthropic, openai].map((one) => one?.close())))

const whole = json({
  id: 'c1',
  object: 'chat.completion',
  model: 'gpt-5.4-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'from OpenAI' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
})
const chunk = (delta: object, finish: string | null = null) => ({
  data: { id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] },
})
const streamed = sse([chunk({ role: 'assistant', content: 'from ' }), chunk({ content: 'OpenAI' }, 'stop'), '[DONE]'])

let orgs = 0
async function ask(provider: 'gemini' | 'anthropic', answer: Answer, { stream = false, plan = 'falling' } = {}) {
  const org = `org-${++orgs}`
  await ownkey.putOrg(org, { plan })
  await ownkey.putKey(org, provider, canaryKeys[provider])
  const apiKey = await ownkey.token({ org, feature: 'assistant' })
  const undo = (provider === 'gemini' ? gemini : anthropic).on(/./, answer)
  const client = new OpenAI({ apiKey, baseURL: `${ownkey.url}/v1`, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  try {
    const { data, response } = await client.chat.completions.create({ model: 'auto', messages, stream }).withResponse()
    let text = ''
    if ('choices' in data) text = data.choices[0]?.message.content ?? ''
    else for await (const event of data) text += event.choices[0]?.delta.content ?? ''
    const { headers } = response
    const told = ['fallback', 'provider', 'model', 'key-source'].map((name) => headers.get(`ownkey-${name}`))
    return { org, text, told }
  } finally {
    undo()
  }
}

const googleError = (code: number, status: string, message = 'x') => ({ error: { code, status, message } })
const failures: readonly (readonly [string, 'gemini' | 'anthropic', Answer, string])[] = [
  [
    'a wrong key',
    'gemini',
    json(googleError(400, 'INVALID_ARGUMENT', 'API key not valid.'), { status: 400 }),
    'invalid_key',
  ],
  ['used-up credit', 'gemini', json([googleError(402, 'RESOURCE_EXHAUSTED')], { status: 402 }), 'quota_exhausted'],
  ['a busy model', 'gemini', json(googleError(503, 'UNAVAILABLE'), { status: 503 }), 'provider_error'],
  ['a page of HTML', 'gemini', bytes('<html>Bad gateway</html>', { status: 502 }), 'provider_error'],
  ['a broken connection', 'gemini', script(cut), 'network'],
  ['an error with status 200', 'gemini', json(googleError(429, 'RESOURCE_EXHAUSTED')), 'rate_limited'],
  ['an error in a list with status 200', 'gemini', json([googleError(503, 'UNAVAILABLE')]), 'provider_error'],
  [
    'an error with status 200',
    'anthropic',
    json({ type: 'error', error: { type: 'overloaded_error' } }),
    'provider_error',
  ],
  [
    'used-up credit',
    'anthropic',
    json(
      { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } },
      { status: 400 },
    ),
    'quota_exhausted',
  ],
]
const inStreams: readonly (readonly [string, 'gemini' | 'anthropic', Answer, string])[] = [
  [
    'an error without a name',
    'gemini',
    sse([{ data: googleError(503, 'UNAVAILABLE', 'overloaded') }]),
    'provider_error',
  ],
  ['an error in a list', 'gemini', sse([{ data: [googleError(429, 'RESOURCE_EXHAUSTED')] }]), 'rate_limited'],
  [
    'an error as bare JSON',
    'gemini',
    bytes(JSON.stringify(googleError(403, 'PERMISSION_DENIED')), {
      headers: { 'content-type': 'text/event-stream' },
    }),
    'permission_denied',
  ],
  [
    'an error with CRLF, behind a ping, byte by byte',
    'anthropic',
    script(
      head(200, { 'content-type': 'text/event-stream' }),
      ...[
        'event: ping\r\ndata: {"type":"ping"}\r\n\r\n: keep-alive\r\n\r\nevent: error\r\n',
        'data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\r\n\r\n',
      ]
        .flatMap((text) => [...text])
        .map((byte) => write(byte)),
      end(),
    ),
    'provider_error',
  ],
  [
    'an error behind the opening event',
    'anthropic',
    sse([
      { event: 'message_start', data: { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1 } } } },
      { event: 'error', data: { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } } },
    ]),
    'rate_limited',
  ],
  [
    'a stream that breaks before anything',
    'gemini',
    script(head(200, { 'content-type': 'text/event-stream' }), write(''), cut),
    'network',
  ],
]

describe('an own key of another provider that fails is replaced by the platform’s OpenAI key', () => {
  test.each(failures)('%s at %s', async (_what, provider, answer, errorClass) => {
    for (const stream of [false, true]) {
      const { org, text, told } = await ask(provider, answer, { stream })
      expect([text, ...told]).toEqual(['from OpenAI', errorClass, 'openai', 'gpt-5.4-mini', 'platform'])
      const entries = (await ownkey.api('GET', `/orgs/${org}/requests`)).body.items
      expect(entries.map((one: { provider: string }) => one.provider).sort()).toEqual([provider, 'openai'].sort())
    }
  })

  test.each(inStreams)('%s that opens a 200 stream of %s', async (_what, provider, answer, errorClass) => {
    const { text, told } = await ask(provider, answer, { stream: true })
    expect([text, ...told]).toEqual(['from OpenAI', errorClass, 'openai', 'gpt-5.4-mini', 'platform'])
  })

  test('only for the classes that the plan names', async () => {
    const busy = sse([{ data: googleError(503, 'UNAVAILABLE', 'overloaded') }])
    const error = await ask('gemini', busy, { stream: true, plan: 'some' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: 503 })
    expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('ownkey-provider')).toBe('gemini')
  })
})
