import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey, canaryPrompts } from '../support/canary.ts'
import { fiveProviders } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RecordedAnswer, recordFetch } from '../support/record-fetch.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { type Connection, sdks } from '../support/sdk-calls.ts'

const behaviours = ['ok', 'slow', 'midstream', 'invalid', 'expired', 'permission', 'quota', 'rate', 'down'] as const
type Behaviour = (typeof behaviours)[number]
const failing = ['invalid', 'expired', 'permission', 'quota', 'rate', 'down'] as const
const classOf = {
  invalid: 'invalid_key',
  expired: 'invalid_key',
  permission: 'permission_denied',
  quota: 'quota_exhausted',
  rate: 'rate_limited',
  down: 'provider_error',
} as const
const plans = ['standard', 'falling'] as const

let ownkey: RunningOwnkey
let recorded: ReturnType<typeof recordFetch>
const tokens = new Map<string, string>()
const to = (name: Behaviour | 'none' | 'required', plan: string = 'standard'): Connection => ({
  url: ownkey.url,
  token: tokens.get(`${name}-${plan}`) as string,
})

beforeAll(async () => {
  ownkey = await startOwnkey({
    sandbox: true,
    config: {
      providers: Object.fromEntries(
        fiveProviders.map((id) => [id, { platformKey: `${canaryPlatformKey}-sandbox-ok` }]),
      ),
      features: { assistant: { title: 'Assistant' } },
      plans: {
        standard: { verify: 'format_only', fallback: { mode: 'never' } },
        falling: { verify: 'format_only', fallback: { mode: 'always' } },
        required: { verify: 'format_only', providers: { '*': 'required' } },
      },
    },
  })
  const open = async (org: string, plan: string) => {
    await ownkey.putOrg(org, { plan })
    // The token carries organization and feature, so that the SDKs need no header.
    tokens.set(org, await ownkey.token({ org, feature: 'assistant' }))
  }
  await open('none-standard', 'standard')
  await open('required-standard', 'required')
  for (const plan of plans) {
    for (const behaviour of behaviours) {
      const org = `${behaviour}-${plan}`
      await open(org, plan)
      await Promise.all(fiveProviders.map((id) => ownkey.putKey(org, id, `${canaryKeys[id]}-sandbox-${behaviour}`)))
    }
  }
  recorded = recordFetch()
}, 120_000)
afterAll(async () => {
  recorded?.stop()
  await ownkey?.close()
})

const failureOf = (call: Promise<unknown>) =>
  call.then(
    (answer) => {
      throw new Error(`it answered ${JSON.stringify(answer).slice(0, 200)}`)
    },
    (error: unknown) => error,
  )
const lastAnswer = () => recorded.answers.at(-1) as RecordedAnswer
const told = (name: string) => lastAnswer().headers.get(`ownkey-${name}`)
const tellsSandbox = (answer: unknown) =>
  expect(typeof answer === 'string' ? answer : JSON.stringify(answer)).toContain('sandbox')

describe.each(fiveProviders)('the SDK of %s', (provider) => {
  const { calls, failures, statusOf } = sdks[provider]
  const names = Object.keys(calls)
  const call = (name: string, connection: Connection) => calls[name]!(connection)

  test.each(names)('%s: on the own key', async (name) => {
    tellsSandbox(await call(name, to('ok')))
    expect([told('key-source'), told('provider'), told('fallback'), told('error')]).toEqual([
      'organization',
      provider,
      null,
      null,
    ])
    expect(told('request-id')).toMatch(/^req_/)
  })

  test.each(names)('%s: on the platform’s key, where the organization has none', async (name) => {
    tellsSandbox(await call(name, to('none')))
    expect([told('key-source'), told('fallback')]).toEqual(['platform', null])
  })

  test('is refused where only own keys may serve', async () => {
    for (const name of names) {
      const error = await failureOf(call(name, to('required')))
      expect(statusOf(error)).toBe(403)
      expect([told('error'), lastAnswer().headers.get('x-should-retry')]).toEqual(['missing_key', 'false'])
    }
  })

  describe.each(failing)('a key that is %s', (behaviour) => {
    test('raises the SDK’s own error without fallback', async () => {
      for (const name of names) {
        const error = await failureOf(call(name, to(behaviour)))
        expect(error).toBeInstanceOf(failures[behaviour].type)
        expect(statusOf(error)).toBe(failures[behaviour].status)
        expect([told('error'), told('key-source'), told('fallback')]).toEqual([
          classOf[behaviour],
          'organization',
          null,
        ])
        expect(lastAnswer().headers.get('x-should-retry')).toBeNull()
      }
    })

    test('is not noticed with fallback, and the answer says whose key served', async () => {
      for (const name of names) {
        tellsSandbox(await call(name, to(behaviour, 'falling')))
        expect([told('fallback'), told('key-source'), told('error')]).toEqual([classOf[behaviour], 'platform', null])
      }
    })
  })

  test('an answer that breaks off is an error for the caller, never another answer', async () => {
    const breaking = names.filter((name) => !['models', 'files', 'voices', 'count tokens'].includes(name))
    for (const name of breaking) {
      for (const plan of plans) {
        expect(await failureOf(call(name, to('midstream', plan)))).toBeInstanceOf(Error)
        expect([told('key-source'), told('fallback')]).toEqual(['organization', null])
      }
    }
  })

  test('a slow provider is waited for', async () => {
    tellsSandbox(await call(names[0] as string, to('slow', 'falling')))
    expect([told('key-source'), told('fallback')]).toEqual(['organization', null])
  })
})

describe('what openai for Python puts on the wire', () => {
  const headers = (plan: Behaviour): Record<string, string> => ({
    'accept-encoding': 'gzip, deflate, br, zstd',
    connection: 'keep-alive',
    accept: 'application/json',
    'user-agent': 'OpenAI/Python 2.8.1',
    'x-stainless-lang': 'python',
    'x-stainless-async': 'false',
    'x-stainless-retry-count': '0',
    'x-stainless-read-timeout': '600',
    authorization: `Bearer ${to(plan).token}`,
    'content-type': 'application/json',
  })
  const send = (plan: Behaviour, body: object) =>
    rawCall(ownkey.url, {
      method: 'POST',
      path: '/openai/v1/chat/completions',
      headers: headers(plan),
      body: JSON.stringify({ messages: [{ role: 'user', content: canaryPrompts[0] }], model: 'gpt-4o', ...body }),
    })

  test('is answered, streamed and refused as OpenAI would', async () => {
    const whole = await send('ok', {})
    expect([whole.status, whole.header('ownkey-key-source')]).toEqual([200, 'organization'])
    expect(whole.json().choices[0].message.content).toContain('sandbox')
    const stream = await send('ok', { stream: true, stream_options: { include_usage: true } })
    expect(stream.header('content-type')).toMatch(/^text\/event-stream/)
    expect(stream.text).toMatch(/"usage":\{.*\n\ndata: \[DONE\]\n\n$/s)
    const refused = await send('invalid', {})
    expect([refused.status, refused.json().error.code]).toEqual([401, 'invalid_api_key'])
  })

  test('a recording in a form, as httpx writes it', async () => {
    const boundary = '4ad7a5ddd3ee0de1ca9bb4b2b8d8a05c'
    const part = (head: string, body: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`
    const file = 'name="file"; filename="a.wav"\r\nContent-Type: audio/x-wav'
    const answer = await rawCall(ownkey.url, {
      method: 'POST',
      path: '/openai/v1/audio/transcriptions',
      headers: { ...headers('ok'), 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: `${part('name="model"', 'whisper-1')}${part(file, 'x'.repeat(32_000))}--${boundary}--\r\n`,
    })
    expect(answer.json().text).toContain('32000 bytes')
    expect(answer.header('ownkey-model')).toBe('whisper-1')
  })
})

test('a rate limit tells when to come back', async () => {
  for (const provider of ['openai', 'anthropic', 'sarvam'] as const) {
    await failureOf(sdks[provider].calls[Object.keys(sdks[provider].calls)[0] as string]!(to('rate')))
    expect(Number(lastAnswer().headers.get('retry-after'))).toBeGreaterThan(0)
  }
})
