import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalogue } from '../../src/providers/index.ts'
import { awsEvent } from '../../src/sandbox/others/aws-event.ts'
import { canaryKeys } from '../support/canary.ts'
import { nativeCalls, vendorKeys, vendorNativeCalls } from '../support/provider-calls.ts'
import { type RawRequest, rawCall } from '../support/raw-call.ts'
import { type RecordedError, recordedErrors, replay } from '../support/recorded-errors.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { type Answer, bytes, json, sse, startUpstream, type Upstream } from '../support/upstream.ts'

const calls: Readonly<Record<string, (token: string) => RawRequest & { path: string }>> = {
  ...nativeCalls,
  ...vendorNativeCalls,
}
const keys: Readonly<Record<string, string>> = { ...canaryKeys, ...vendorKeys }
const providers = catalogue.map(({ id }) => id)
/** Google's other APIs have no entry of their own: their bodies are read as Vertex's. */
const recordedOf = (provider: string) =>
  recordedErrors.filter(
    (one) =>
      one.transport === undefined && (one.provider === 'google-cloud-api' ? 'vertex' : one.provider) === provider,
  )

let ownkey: RunningOwnkey
let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
  ownkey = await startOwnkey({
    config: {
      providers: Object.fromEntries(
        providers.map((id) => [id, { baseUrl: upstream.origin, platformKey: 'platform-key-0000000000000001' }]),
      ),
      features: { assistant: { title: 'Assistant' } },
      plans: {
        standard: { verify: 'format_only', fallback: { mode: 'never' } },
        falling: { verify: 'format_only', fallback: { mode: 'always' } },
      },
    },
  })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

let orgs = 0
/** One call on a key of which nothing is known yet. */
async function callWith(provider: string, answer: Answer, plan = 'standard') {
  const org = `org-${++orgs}`
  await ownkey.putOrg(org, { plan })
  await ownkey.putKey(org, provider, keys[provider] as string)
  const request = calls[provider]?.(await ownkey.token({ org, feature: 'assistant' })) as RawRequest
  const undo = upstream.on(/./, answer)
  const told = await rawCall(ownkey.url, request)
  undo()
  return told
}

test('a call is known for every row of the catalogue, and every recorded error belongs to one', () => {
  expect(providers.filter((id) => calls[id] === undefined)).toEqual([])
  expect(providers.flatMap(recordedOf)).toHaveLength(recordedErrors.filter(({ transport }) => !transport).length)
})

describe.each(providers)('what %s was seen to answer', (provider) => {
  const recorded = recordedOf(provider)

  test.each(recorded.map((one) => [one.case, one] as const))('%s', async (_case, one) => {
    const answer = await callWith(provider, replay(one))
    expect(answer.header('ownkey-error')).toBe(one.class)
    expect(answer.status).toBe(one.status)
    expect(answer.header('ownkey-key-source')).toBe('organization')
    // Its shape stays: an array stays an array. Texts differ at most where a part of the key stood.
    if (one.in_stream || typeof one.body !== 'object') return
    expect(Object.keys(answer.json())).toEqual(Object.keys(one.body as object))
  })

  const whole = recorded.filter((one) => !one.in_stream && one.body !== null)
  test.each(whole.filter(({ body }) => !Array.isArray(body)))(
    '$case, in an array as Google’s streams put it',
    async (one) => {
      const answer = await callWith(provider, json([one.body], { status: one.status, headers: headersOf(one) }))
      expect(answer.header('ownkey-error')).toBe(one.class)
      expect(Array.isArray(answer.json())).toBe(true)
    },
  )

  test.each(whole.slice(0, 2))('$case, called text or HTML by its content type', async (one) => {
    for (const type of ['text/html; charset=utf-8', 'text/plain', 'application/octet-stream']) {
      const headers = { ...headersOf(one), 'content-type': type }
      const answer = await callWith(provider, bytes(JSON.stringify(one.body), { status: one.status, headers }))
      expect([type, answer.header('ownkey-error')]).toEqual([type, one.class])
    }
  })

  const page = '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>401 invalid api key</h1></body></html>'
  test.each([
    ['a page of HTML', 502, 'text/html', page, 'provider_error'],
    ['a page of HTML', 503, 'application/json', page, 'provider_error'],
    ['plain text', 500, 'text/plain', 'Internal Server Error', 'provider_error'],
    ['a text in JSON', 500, 'application/json', '"upstream connect error"', 'provider_error'],
    ['broken JSON', 500, 'application/json', '{"error":{"message":"cut o', 'provider_error'],
    ['nothing', 500, 'application/json', '', 'provider_error'],
    ['nothing', 429, 'application/json', '', 'rate_limited'],
    ['plain text', 429, 'text/plain', 'Too Many Requests', 'rate_limited'],
  ])('%s with status %i (%s)', async (_what, status, type, body, errorClass) => {
    const answer = await callWith(provider, bytes(body, { status, headers: { 'content-type': type } }))
    expect([answer.status, answer.header('ownkey-error'), answer.text]).toEqual([status, errorClass, body])
  })
})

const headersOf = ({ headers = {} }: RecordedError) =>
  Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null))

/** An error that opens a 200 stream, as each dialect writes it. */
const overloaded = { error: { message: 'The server is overloaded', type: 'server_error', code: 'server_error' } }
const inStream = (provider: string): Answer => {
  if (provider === 'anthropic')
    return sse([
      { event: 'error', data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } },
    ])
  if (provider === 'bedrock')
    return bytes(
      Buffer.concat([
        awsEvent({ ':message-type': 'event', ':event-type': 'messageStart' }, { role: 'assistant' }),
        awsEvent(
          { ':message-type': 'exception', ':exception-type': 'serviceUnavailableException' },
          { message: 'The service is unable to process your request.' },
        ),
      ]),
      { headers: { 'content-type': 'application/vnd.amazon.eventstream' } },
    )
  if (['gemini', 'vertex'].includes(provider))
    return sse([{ data: { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } } }])
  return sse([{ data: overloaded }, '[DONE]'])
}
const served: Answer = (exchange) =>
  exchange.request.headers.some(([, value]) => value.includes('platform-key'))
    ? json({ served: 'by the platform’s key' })(exchange)
    : Promise.reject(new Error('this is not the platform’s key'))

describe.each(catalogue.filter(({ capabilities }) => capabilities.includes('chat')).map(({ id }) => id))(
  'an error that opens a stream of %s',
  (provider) => {
    test('is told as such, byte for byte', async () => {
      const answer = await callWith(provider, inStream(provider))
      expect([answer.status, answer.header('ownkey-error')]).toEqual([200, 'provider_error'])
      expect(answer.text).toMatch(/overloaded|Unavailable/i)
    })

    test('falls back before a byte of it is out', async () => {
      let first = true
      const answer = await callWith(
        provider,
        (exchange) => {
          const own = first
          first = false
          return (own ? inStream(provider) : served)(exchange)
        },
        'falling',
      )
      expect(answer.json()).toEqual({ served: 'by the platform’s key' })
      expect([answer.header('ownkey-fallback'), answer.header('ownkey-key-source')]).toEqual([
        'provider_error',
        'platform',
      ])
    })
  },
)
