import { createServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { type FiveProvider, fiveProviders, type Journey, startJourney } from '../support/journey.ts'
import { credentialOf, nativeCalls } from '../support/provider-calls.ts'
import { type RawAnswer, rawCall } from '../support/raw-call.ts'
import { recordedErrors, replay } from '../support/recorded-errors.ts'
import {
  type Answer,
  bytes,
  cut,
  end,
  hang,
  head,
  json,
  type RecordedRequest,
  type Responder,
  redirect,
  reset,
  type SseEvent,
  script,
  sse,
  startUpstream,
  write,
} from '../support/upstream.ts'

/** Small, so that the tests of too large bodies and of slow providers are short. */
const replayBytes = 20_000
let journey: Journey
beforeAll(async () => {
  journey = await startJourney({
    more: {
      gateway: { replayBytes, firstByteTimeoutSeconds: 0.5, idleTimeoutSeconds: 0.5, connectTimeoutSeconds: 0.5 },
    },
  })
})
afterAll(() => journey.close())

const withOwn = (provider: FiveProvider) => (request: RecordedRequest) => {
  const [header, value] = credentialOf[provider](canaryKeys[provider])
  return request.header(header) === value
}
const withPlatform = (provider: FiveProvider) => (request: RecordedRequest) => {
  const [header, value] = credentialOf[provider](canaryPlatformKey)
  return request.header(header) === value
}

interface Played {
  org: string
  answer: RawAnswer
  own: number
  platform: number
}

/** One call on a fresh organization whose own key gets `answer` and whose platform serves. */
async function play(provider: FiveProvider, plan: string, own: Answer | Responder, body?: string): Promise<Played> {
  const { org, token } = await journey.newOrg(plan)
  const undo = [
    journey.upstream.on(withOwn(provider), own),
    journey.upstream.on(withPlatform(provider), json({ served: 'platform' })),
  ]
  const from = journey.upstream.journal.requests.length
  const call = nativeCalls[provider](token)
  const answer = await rawCall(journey.ownkey.url, body === undefined ? call : { ...call, body })
  for (const one of undo) one()
  const seen = journey.upstream.journal.requests.slice(from)
  return {
    org,
    answer,
    own: seen.filter(withOwn(provider)).length,
    platform: seen.filter(withPlatform(provider)).length,
  }
}

const served = (fallback: string, { answer, own, platform }: Played) => {
  expect([own, platform]).toEqual([1, 1])
  expect([answer.status, answer.json()]).toEqual([200, { served: 'platform' }])
  expect(answer.header('ownkey-fallback')).toBe(fallback)
  expect(answer.header('ownkey-key-source')).toBe('platform')
  expect(answer.header('ownkey-error')).toBeUndefined()
}
const refused = ({ answer, own, platform }: Played) => {
  expect([own, platform]).toEqual([1, 0])
  expect(answer.header('ownkey-fallback')).toBeUndefined()
  expect(answer.header('ownkey-error')).toBeDefined()
}

const falls = ['invalid_key', 'permission_denied', 'quota_exhausted', 'rate_limited', 'provider_error']

describe.each(fiveProviders)('an own key of %s that fails', (provider) => {
  const byClass = new Map(
    recordedErrors.filter((one) => one.provider === provider && !one.transport).map((one) => [one.class, one]),
  )

  test.each([...byClass.keys()].filter((name) => falls.includes(name)))(
    'with %s: the platform serves where the plan says so',
    async (name) => {
      served(name, await play(provider, 'falling', replay(byClass.get(name)!)))
    },
  )

  test.each([...byClass.keys()])(
    'with %s: the platform is not asked where fallback is off, nor where own keys are required',
    async (name) => {
      for (const plan of ['standard', 'required']) {
        const played = await play(provider, plan, replay(byClass.get(name)!))
        refused(played)
        expect(played.answer.header('ownkey-error')).toBe(name)
        expect(played.answer.header('ownkey-key-source')).toBe('organization')
      }
    },
  )

  test.each([...byClass.keys()].filter((name) => !falls.includes(name)))(
    'with %s: that is the answer, fallback or not',
    async (name) => {
      refused(await play(provider, 'falling', replay(byClass.get(name)!)))
    },
  )
})

describe('a stream that opens with an error', () => {
  const anthropicStart: SseEvent = {
    event: 'message_start',
    data: { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1, output_tokens: 0 } } },
  }
  const openings: [string, FiveProvider, SseEvent[], string][] = [
    [
      'OpenAI',
      'openai',
      [{ data: { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } } }],
      'rate_limited',
    ],
    [
      'OpenAI Responses',
      'openai',
      [
        { event: 'response.created', data: { type: 'response.created', response: { status: 'in_progress' } } },
        { event: 'response.in_progress', data: { type: 'response.in_progress', response: {} } },
        {
          event: 'response.failed',
          data: { type: 'response.failed', response: { error: { code: 'server_error', message: 'x' } } },
        },
      ],
      'provider_error',
    ],
    [
      'Anthropic',
      'anthropic',
      [{ event: 'error', data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } }],
      'provider_error',
    ],
    [
      'Anthropic behind its greeting',
      'anthropic',
      [
        anthropicStart,
        { event: 'ping', data: { type: 'ping' } },
        { event: 'error', data: { type: 'error', error: { type: 'rate_limit_error', message: 'Rate limited' } } },
      ],
      'rate_limited',
    ],
    [
      'Gemini',
      'gemini',
      [{ data: { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } } }],
      'provider_error',
    ],
    [
      'Sarvam',
      'sarvam',
      [{ data: { error: { code: 'insufficient_quota_error', message: 'No credits left' } } }],
      'quota_exhausted',
    ],
  ]

  test.each(openings)('of %s falls back, at whatever bytes it is split', async (_name, provider, events, name) => {
    for (const pieceBytes of [1, 5, 10_000]) served(name, await play(provider, 'falling', sse(events, { pieceBytes })))
  })

  test.each(openings)('of %s is passed on as it is without fallback', async (_name, provider, events, name) => {
    const played = await play(provider, 'standard', sse(events))
    refused(played)
    expect(played.answer.status).toBe(200)
    expect(played.answer.header('ownkey-error')).toBe(name)
    expect(played.answer.text.match(/data: /g)).toHaveLength(events.length)
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
  ] as const)('%s does not hide it', async (encoding, pack) => {
    const text =
      'event: message_start\ndata: {"type":"message_start","message":{}}\n\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n'
    const packed = pack(text)
    const headers = { 'content-type': 'text/event-stream', 'content-encoding': encoding }
    const inPieces = script(
      head(200, headers),
      ...[...packed].map((_, at) => write(packed.subarray(at, at + 1))),
      end(),
    )
    served('provider_error', await play('anthropic', 'falling', inPieces))
    const { answer } = await play('anthropic', 'standard', inPieces)
    expect(answer.header('ownkey-error')).toBe('provider_error')
    expect(answer.header('content-encoding')).toBe(encoding)
    expect(answer.body.equals(packed)).toBe(true)
    const words = pack('data: {"type":"content_block_delta"}\n\n')
    const whole = (await play('anthropic', 'falling', bytes(words, { headers }))).answer
    expect(whole.header('ownkey-key-source')).toBe('organization')
    expect(whole.body.equals(words)).toBe(true)
  })

  const told: [string, FiveProvider, string, string][] = [
    ['an error', 'openai', '{"error":{"message":"Too many","code":"rate_limit_exceeded"}}', 'rate_limited'],
    ['an error in many lines', 'openai', '{\n\n  "error" : {\n\n "code": "invalid_api_key" } }', 'invalid_key'],
    ['an array with an error', 'gemini', '[{"error":{"code":503,"status":"UNAVAILABLE"}}\n]', 'provider_error'],
    [
      'an error that says its type',
      'anthropic',
      '{"type":"error","error":{"type":"overloaded_error"}}',
      'provider_error',
    ],
    ['a status of its own and nothing else', 'openai', '{"code":429,"data":null}', 'rate_limited'],
    ['no success', 'openai', '{"success":false,"message":"Insufficient balance"}', 'quota_exhausted'],
    ['a status that is a word', 'openai', '{"status":"error","message":"The model is overloaded"}', 'provider_error'],
    ['a list of errors', 'openai', '{"errors":[{"code":429,"message":"x"}]}', 'rate_limited'],
    ['an error that is only true', 'openai', '{"error":true,"message":"x","code":"invalid_api_key"}', 'invalid_key'],
  ]

  test.each(told)('as JSON, %s of %s, is a failure all the same', async (_name, provider, body, name) => {
    for (const pack of [Buffer.from, gzipSync]) {
      const packed = pack(body)
      const headers = { 'content-type': 'application/json', ...(pack === gzipSync && { 'content-encoding': 'gzip' }) }
      const inPieces = [...packed].map((_, at) => write(packed.subarray(at, at + 1)))
      for (const answer of [bytes(packed, { headers }), script(head(200, headers), ...inPieces, end())]) {
        served(name, await play(provider, 'falling', answer))
        const played = await play(provider, 'standard', answer)
        refused(played)
        expect([played.answer.status, played.answer.header('ownkey-error')]).toEqual([200, name])
        expect(played.answer.body.equals(packed)).toBe(true)
      }
    }
  })

  const behind: typeof told = [
    [
      'an error behind an id',
      'openai',
      '{"id":"x","error":{"code":"rate_limit_exceeded","message":"x"}}',
      'rate_limited',
    ],
    [
      'a response that failed',
      'openai',
      '{"id":"r","object":"response","error":{"code":"server_error","message":"x"},"output":[]}',
      'provider_error',
    ],
    ['an error that is a text', 'openai', '{"status":"error","error":"Rate limit reached"}', 'rate_limited'],
    ['an error without a wrapper', 'openai', '{"message":"x","code":"invalid_api_key"}', 'invalid_key'],
    ['an error in `detail`', 'elevenlabs', '{"detail":{"status":"quota_exceeded","message":"x"}}', 'quota_exhausted'],
    ['an error behind a byte-order mark', 'openai', '\uFEFF{"error":{"code":"invalid_api_key"}}', 'invalid_key'],
    [
      'an error behind much else',
      'openai',
      `{"id":"x","choices":[],"note":"${'x'.repeat(6_000)}","error":{"code":"rate_limit_exceeded"}}`,
      'rate_limited',
    ],
  ]

  test.each(behind)(
    'as JSON, %s of %s, is a failure too when it comes in one piece',
    async (_name, provider, body, name) => {
      for (const pack of [Buffer.from, gzipSync]) {
        const packed = pack(body)
        const headers = { 'content-type': 'application/json', ...(pack === gzipSync && { 'content-encoding': 'gzip' }) }
        for (const answer of [bytes(packed, { headers }), script(head(200, headers), write(packed), end())]) {
          served(name, await play(provider, 'falling', answer))
          const played = await play(provider, 'standard', answer)
          refused(played)
          expect([played.answer.status, played.answer.header('ownkey-error')]).toEqual([200, name])
          expect(played.answer.body.equals(packed)).toBe(true)
        }
      }
    },
  )

  test('JSON that only begins like one is no failure', async () => {
    for (const body of [
      '{"error":null,"choices":[]}',
      '{"id":"x","error":null,"output":[]}',
      '{"id":"x","error":{},"note":""}',
      '{"id":"x","output":[{"arguments":{"error":{"code":"invalid_api_key"}}}]}',
      '{"message":{"role":"assistant","content":"Hi"},"done":true}',
      '{"errors":{}}',
      '{"errors":[]}',
      '{"code":0,"message":"ok","data":{}}',
      '{"code":429,"data":{"text":"Hi"}}',
      '{"success":false,"results":[{"id":1}],"message":"one failed"}',
      '{"success":true,"message":"done"}',
      '{"status":"queued","message":"in line"}',
      '{"type":"message"}',
      '[]',
      '{',
      ' ',
      '"error"',
    ]) {
      const headers = { 'content-type': 'application/json' }
      const inPieces = [...body].map((letter) => write(letter))
      for (const answer of [bytes(body, { headers }), script(head(200, headers), ...inPieces, end())]) {
        const played = await play('openai', 'falling', answer)
        expect([played.own, played.platform, played.answer.text]).toEqual([1, 0, body])
        expect(played.answer.header('ownkey-error')).toBeUndefined()
      }
    }
  })

  test('keep-alives before it do not hide it', async () => {
    const answer = script(
      head(200, { 'content-type': 'text/event-stream' }),
      write(': keep-alive\n\n'),
      write(': OPENROUTER PROCESSING\r\n\r\n'),
      write('data:\n\ndata: \r\n\r\nevent: ping\ndata: {}\n\nretry: 3000\n\n'),
      write('data: {"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"x"}}\n\n'),
      end(),
    )
    served('quota_exhausted', await play('openai', 'falling', answer))
  })

  test.each([
    ['as bare JSON', '{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}'],
    ['as a list, in lines', '[\n  {\n    "error": {\n "code": 503, "status": "UNAVAILABLE", "message": "x" } }\n]\n'],
    ['behind a comment', ': hi\n\n{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}\n\n'],
  ])('%s, without any framing, is one too', async (_name, text) => {
    const headers = { 'content-type': 'text/event-stream' }
    served('provider_error', await play('gemini', 'falling', bytes(text, { headers })))
  })

  test('without a content type is one too, and without an error its counts are read', async () => {
    const error = 'data: {"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"x"}}\n\n'
    served('quota_exhausted', await play('openai', 'falling', script(head(200, {}), write(error), end())))
    const words = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\ndata: [DONE]\n\n'
    const { org, answer } = await play('openai', 'falling', script(head(200, {}), write(words), end()))
    expect([answer.text, answer.header('content-type')]).toEqual([words, undefined])
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests`)
    expect(body.items[0]).toMatchObject({ inputTokens: 3, outputTokens: 4 })
  })

  test.each(['text/plain', 'text/html; charset=utf-8', 'application/octet-stream'])(
    'under the type %s is one too, and without an error its counts are read',
    async (type) => {
      const headers = { 'content-type': type }
      const error = '{"error":{"code":"insufficient_quota","message":"x"}}'
      served('quota_exhausted', await play('openai', 'falling', bytes(error, { headers })))
      const words = '{"id":"x","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}'
      const { org, answer } = await play('openai', 'falling', bytes(words, { headers }))
      expect([answer.text, answer.header('content-type')]).toEqual([words, type])
      const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests`)
      expect(body.items[0]).toMatchObject({ inputTokens: 3, outputTokens: 4 })
    },
  )

  test('under the type of JSON is one too', async () => {
    const error = 'event: error\ndata: {"error":{"code":"insufficient_quota","message":"x"}}\n\n'
    const headers = { 'content-type': 'application/json' }
    served('quota_exhausted', await play('openai', 'falling', script(head(200, headers), write(error), end())))
    const words = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\ndata: [DONE]\n\n'
    const { answer } = await play('openai', 'falling', script(head(200, headers), write(words), end()))
    expect([answer.text, answer.header('content-type')]).toEqual([words, 'application/json'])
  })

  test('an error behind the first words is the caller’s to see: no second answer is glued on', async () => {
    const events: SseEvent[] = [
      { data: { choices: [{ delta: { content: 'Hello' } }] } },
      { data: { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } } },
    ]
    const { answer, own, platform } = await play('openai', 'falling', sse(events))
    expect([own, platform]).toEqual([1, 0])
    expect(answer.text).toContain('Hello')
    expect(answer.text).toContain('rate_limit_exceeded')
    expect(answer.header('ownkey-key-source')).toBe('organization')
  })

  test('a stream that breaks behind the first words breaks', async () => {
    const event = { data: { choices: [{ delta: { content: 'Hello' } }] } }
    const { answer, platform } = await play('openai', 'falling', sse([event], { last: reset }))
    expect([answer.broken, platform]).toEqual([true, 0])
  })
})

describe('a provider that cannot be reached or is too slow', () => {
  const failing: [string, Answer, number, string][] = [
    ['resets before it answers', reset, 502, 'upstream_unreachable'],
    ['closes before it answers', cut, 502, 'upstream_unreachable'],
    ['never answers', hang, 504, 'upstream_timeout'],
    [
      'greets and then hangs up',
      script(head(200, { 'content-type': 'text/event-stream' }), write(': hi\n\n'), reset),
      502,
      'upstream_unreachable',
    ],
    [
      'breaks off behind the head of a success',
      script(head(200, { 'content-type': 'application/json', 'content-length': '100' }), reset),
      502,
      'upstream_unreachable',
    ],
    [
      'breaks off behind a head of which nobody knows what follows',
      script(head(200, { 'content-type': 'audio/mpeg' }), reset),
      502,
      'upstream_unreachable',
    ],
    ['speaks no HTTP', ({ response }) => void response.socket?.end('nonsense\r\n\r\n'), 502, 'upstream_unreachable'],
  ]
  test.each(failing)('%s: the platform serves', async (_name, answer) => {
    served('network', await play('openai', 'falling', answer))
  })

  test.each(failing)(
    '%s: without fallback the caller learns it in its own dialect',
    async (_name, answer, status, code) => {
      const played = await play('anthropic', 'standard', answer)
      refused(played)
      expect(played.answer.status).toBe(status)
      expect(played.answer.json()).toMatchObject({ type: 'error', error: { code } })
      expect(played.answer.header('ownkey-error')).toBe(code)
      expect(played.answer.header('x-should-retry')).toBeUndefined()
    },
  )

  test('nobody listens, and the answer does not say where', async () => {
    const nobody = createServer()
    const port = await new Promise<number>((resolve) =>
      nobody.listen(0, '127.0.0.1', () => resolve((nobody.address() as { port: number }).port)),
    )
    await new Promise((resolve) => nobody.close(resolve))
    const other = await startJourney({ more: { providers: { openai: { baseUrl: `http://127.0.0.1:${port}` } } } })
    await other.ownkey.putOrg('alone')
    await other.ownkey.putKey('alone', 'openai', canaryKeys.openai)
    const token = await other.ownkey.token({ org: 'alone', feature: 'assistant' })
    const answer = await rawCall(other.ownkey.url, nativeCalls.openai(token))
    expect([answer.status, answer.json().error.code]).toEqual([502, 'upstream_unreachable'])
    expect(answer.text).toContain('ECONNREFUSED')
    expect(answer.text).not.toContain(String(port))
    await other.close()
  })

  test('a success that may yet turn out to be an error breaks off', async () => {
    const upstream = await startUpstream()
    upstream.on(
      /./,
      script(head(200, { 'content-type': 'application/json', 'content-length': '100' }), write('{"id":'), reset),
    )
    const other = await startJourney({ more: { providers: { openrouter: { baseUrl: upstream.origin } } } })
    await other.ownkey.putOrg('broken')
    await other.ownkey.putKey('broken', 'openrouter', `sk-or-v1-${'ab12'.repeat(16)}`)
    const token = await other.ownkey.token({ org: 'broken', feature: 'assistant' })
    const path = '/openrouter/api/v1/chat/completions'
    const answer = await rawCall(other.ownkey.url, { ...nativeCalls.openai(token), path })
    expect([answer.status, answer.json().error.code]).toEqual([502, 'upstream_unreachable'])
    await other.close()
    await upstream.close()
  })

  test('an answer that stalls in the middle is cut', async () => {
    const stalling = script(head(200, { 'content-type': 'text/plain' }), write('begun'), hang)
    const { answer, platform } = await play('openai', 'falling', stalling)
    expect([answer.text, answer.broken, platform]).toEqual(['begun', true, 0])
  })
})

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308] as const)('%i is never followed', async (status) => {
    const sink = await startUpstream()
    const away = redirect(`${sink.origin}/v1/chat/completions`, status)
    served('provider_error', await play('openai', 'falling', away))
    for (const provider of fiveProviders) {
      const { answer, platform } = await play(provider, 'standard', away)
      expect([answer.status, platform]).toEqual([502, 0])
      expect(answer.header('ownkey-error')).toBe('upstream_unreachable')
      expect(answer.header('location')).toBeUndefined()
      expect(answer.text).not.toContain(sink.origin)
    }
    expect(sink.journal.connections).toEqual([])
    await sink.close()
  })
})

describe('the body of a request that falls back', () => {
  const unauthorized = json({ error: { code: 'invalid_api_key' } }, { status: 401 })

  test('is sent again whole, up to the limit', async () => {
    const body = JSON.stringify({ model: 'gpt-4o', input: 'x'.repeat(replayBytes - 40) })
    served('invalid_key', await play('openai', 'falling', unauthorized, body))
    const [own, platform] = journey.upstream.journal.requests.slice(-2)
    expect(platform?.bodySha256).toBe(own?.bodySha256)
    expect(platform?.body().toString()).toBe(body)
  })

  test('is not kept beyond it: no fallback, and the answer says why', async () => {
    const body = JSON.stringify({ model: 'gpt-4o', input: 'x'.repeat(replayBytes) })
    const played = await play('openai', 'falling', unauthorized, body)
    refused(played)
    expect(played.answer.status).toBe(401)
    expect(played.answer.header('ownkey-fallback-unavailable')).toBe('body_too_large')
  })

  test('without a length is sent again when it stayed small', async () => {
    const { token } = await journey.newOrg('falling')
    const undo = [
      journey.upstream.on(withOwn('openai'), unauthorized),
      journey.upstream.on(withPlatform('openai'), bytes('served')),
    ]
    const text = '{"model":"gpt-4o","input":"in two parts"}'
    const answer = await fetch(`${journey.ownkey.url}/openai/v1/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(text.slice(0, 9)))
          controller.enqueue(Buffer.from(text.slice(9)))
          controller.close()
        },
      }),
      duplex: 'half',
    } as RequestInit)
    expect([answer.status, await answer.text()]).toEqual([200, 'served'])
    expect(journey.upstream.journal.requests.at(-1)?.body().toString()).toBe(text)
    for (const one of undo) one()
  })
})
