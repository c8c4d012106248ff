import { describe, expect, it } from 'vitest'
import { beforeBreadcrumb, scrubSentry } from './scrub-sentry.ts'

const keys = {
  google: 'AIzaSyD-0123456789abcdefghijklmnopqrstuv',
  openai: 'sk-proj-abcDEF0123456789abcDEF0123456789',
  anthropic: 'sk-ant-api03-abcdef0123456789-AA',
  elevenlabs: 'sk_0123456789abcdef0123456789abcdef0123456789abcdef',
  groq: 'gsk_0123456789abcdefABCDEF0123456789',
  bedrock: 'ABSK0123456789abcdefABCDEF0123456789abcdefABCDEF',
  ownkey: 'okt_0123456789abcdefABCDEF',
  session: 'oks_0123456789abcdefABCDEF',
  withoutPrefix: '0123456789abcdef0123456789abcdef',
}
const said = 'My order 4711 never came'

describe('scrubSentry', () => {
  it.each(Object.entries(keys))('takes a %s key out of every place of an event', (_name, key) => {
    const event = {
      message: `failed with ${key}`,
      logentry: { message: `failed with ${key}`, params: [key] },
      transaction: `GET /v1?key=${key}`,
      request: {
        url: `https://x.test/v1/models?key=${key}&alt=sse`,
        query_string: [['key', key]],
        headers: { Authorization: `Bearer ${key}`, 'X-Goog-Api-Key': key, 'X-Other': key },
        cookies: { session: key },
      },
      exception: {
        values: [{ type: 'TypeError', value: `Invalid header: "${key}"`, stacktrace: { frames: [{ vars: { key } }] } }],
      },
      breadcrumbs: [{ category: 'fetch', data: { url: `/gemini/v1?key=${key}` }, message: key }],
      extra: { options: { apiKey: key }, note: `used ${key}.`, headers: [['x-api-key', key]] },
      contexts: { response: { headers: { 'set-cookie': key } } },
      spans: [{ description: `POST https://x.test/?key=${key}`, data: { 'http.query': `key=${key}` } }],
      tags: { key },
    }
    expect(JSON.stringify(scrubSentry(event))).not.toContain(key.slice(0, 14))
    expect(JSON.stringify(event)).toContain(key)
  })

  it.each(Object.entries(keys).filter(([name]) => name !== 'withoutPrefix'))(
    'takes a %s key out of a field that holds ids, which may be long and odd',
    (_name, key) => {
      const trace = { trace_id: '4f9d2c71b8e6a5034f9d2c71b8e6a503' }
      const event = { contexts: { trace: { ...trace, span_id: key } }, release: key, tags: { module: `x ${key}` } }
      expect(JSON.stringify(scrubSentry(event))).not.toContain(key.slice(4, 14))
      expect(scrubSentry(event).contexts.trace.trace_id).toBe(trace.trace_id)
    },
  )

  it('takes message bodies out, however they are named', () => {
    const event = {
      request: { data: { messages: [{ content: said }] } },
      breadcrumbs: [
        { category: 'xhr', data: { request_body: said, responseBody: said, request_body_size: 20 } },
        { category: 'console', message: said, data: { arguments: [said] } },
      ],
      extra: { body: said, prompt: said, contents: [{ parts: [{ text: said }] }], params: { input: said } },
      contexts: { call: { systemPrompt: said, choices: [{ message: { content: said } }], transcript: said } },
      exception: {
        values: [
          {
            value: `Unexpected token 'M', "${said}" is not valid JSON`,
            stacktrace: { frames: [{ vars: { x: said } }] },
          },
        ],
      },
    }
    const scrubbed = scrubSentry(event)
    expect(JSON.stringify(scrubbed)).not.toContain('4711')
    expect(scrubbed.breadcrumbs[0]?.data).toMatchObject({ request_body_size: 20 })
  })

  it.each([
    'http.request.body.data',
    'gen_ai.request.messages',
    'gen_ai.response.text',
    'gen_ai.prompt.0.content',
    'gen_ai.tool.input',
    'gen_ai.tool.call.arguments',
    'ai.prompt.messages',
  ])('takes what a span’s attribute %s holds, and a header’s credential', (attribute) => {
    const data = { [attribute]: said, 'http.request.header.authorization': 'kj2', 'gen_ai.request.model': 'm' }
    expect(scrubSentry({ spans: [{ data }] }).spans[0]?.data).toEqual({
      [attribute]: '[removed]',
      'http.request.header.authorization': '[removed]',
      'gen_ai.request.model': 'm',
    })
  })

  it('leaves what is needed to find the mistake', () => {
    const event = {
      event_id: '0123456789abcdef0123456789abcdef',
      message: 'The provider refused the request',
      level: 'error',
      release: 'product@1.2.3+0123456789abcdef0123456789abcdef',
      request: { method: 'POST', url: 'https://x.test/v1/chat/completions' },
      contexts: { trace: { trace_id: 'fedcba9876543210fedcba9876543210', span_id: 'fedcba9876543210' } },
      exception: {
        values: [
          {
            type: 'TypeError',
            value: 'fetch failed',
            stacktrace: { frames: [{ filename: '/app/send.js', lineno: 3, function: 'send' }] },
          },
        ],
      },
      breadcrumbs: [
        { type: 'http', category: 'fetch', data: { method: 'POST', url: '/v1/x', status_code: 401 }, timestamp: 1 },
      ],
    }
    expect(scrubSentry(event)).toEqual(event)
  })

  it('takes cycles, odd values and deep trees', () => {
    const event: Record<string, unknown> = {
      error: new Error(`with ${keys.google}`),
      none: null,
      when: new Date(0),
      list: [undefined, 1n],
    }
    event['self'] = event
    let deep: object = { text: keys.google }
    for (let depth = 0; depth < 200; depth++) deep = { deep }
    event['deep'] = deep
    const scrubbed = scrubSentry(event)
    expect(scrubbed['self']).toBe(scrubbed)
    expect(String(scrubbed['error'])).not.toContain('AIza')
  })
})

describe('beforeBreadcrumb', () => {
  it('scrubs one breadcrumb, whose body may be a text', () => {
    const crumb = {
      category: 'fetch',
      message: `sent ${keys.openai}`,
      data: { url: '/v1/x?key=1', body: said, input: { a: said } },
    }
    expect(JSON.stringify(beforeBreadcrumb(crumb))).not.toMatch(/sk-proj|4711|key=1/)
  })
})
