import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import Anthropic from '@anthropic-ai/sdk'
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import Cerebras from '@cerebras/cerebras_cloud_sdk'
import { DeepgramClient, DeepgramError } from '@deepgram/sdk'
import { ElevenLabsClient, ElevenLabsError } from '@elevenlabs/elevenlabs-js'
import { ApiError, GoogleGenAI } from '@google/genai'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { AssemblyAI } from 'assemblyai'
import OpenAI from 'openai'
import { SarvamAIClient, SarvamAIError } from 'sarvamai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { type FiveProvider, fiveProviders, type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { type RawAnswer, rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

let journey: Journey
const tokens: Record<string, string> = {}
/** Like `journeyConfig`, with every policy that refuses. */
const more = (origin: string) => ({
  providers: {
    ...Object.fromEntries(fiveProviders.map((id) => [id, { platformKey: canaryPlatformKey, baseUrl: origin }])),
    openai: {
      platformKey: canaryPlatformKey,
      baseUrl: origin,
      models: { refuse: [{ match: 'gpt-old*', reason: 'it is retired' }] },
    },
    mistral: { baseUrl: origin },
  },
  gateway: { maxBodyBytes: 100_000, inspectBytes: 50_000 },
  features: {
    assistant: { title: 'Assistant' },
    extra: { title: 'Extra', addOn: 'extra_pack' },
    elsewhere: { title: 'Elsewhere' },
    only_gemini: { title: 'Only Gemini', providers: ['gemini'] },
    metered: { title: 'Metered', meter: 'pictures' },
  },
  plans: {
    standard: { verify: 'format_only', features: ['assistant', 'extra', 'only_gemini', 'metered'] },
    required: { verify: 'format_only', providers: { '*': 'required' } },
    asked: { verify: 'format_only', byok: 'by_operator', providers: { '*': 'required' } },
    paid: { verify: 'format_only', credits: { ownKey: 1, platformKey: 5 } },
    counted: { verify: 'format_only', quotas: { pictures: { limit: 0, ownKeyExempt: false } } },
  },
})

beforeAll(async () => {
  journey = await startJourney({ more: more('http://127.0.0.1:9') })
  journey.upstream.on(/./, json({ ok: true }))
  const { ownkey } = journey
  for (const plan of ['standard', 'required', 'asked', 'paid', 'counted']) await ownkey.putOrg(plan, { plan })
  await ownkey.putKey('standard', 'openai', canaryKeys.openai)
  for (const plan of ['standard', 'required', 'asked', 'paid', 'counted'])
    tokens[plan] = await ownkey.token({ org: plan })
  tokens['service'] = await ownkey.token()
  tokens['narrow'] = await ownkey.token({ org: 'standard', user: 'u1', feature: 'assistant', environment: 'staging' })
})
afterAll(() => journey.close())

interface Case {
  token?: string
  org?: string
  feature?: string
  model?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

function ask(
  provider: FiveProvider,
  { token = 'standard', org, feature, model, headers, body }: Case,
): Promise<RawAnswer> {
  const call = nativeCalls[provider](tokens[token] ?? token, model)
  const extra = { ...(org && { 'ownkey-org': org }), ...(feature && { 'ownkey-feature': feature }), ...headers }
  return rawCall(journey.ownkey.url, {
    ...call,
    headers: { ...(call.headers as object), ...extra },
    ...(body && { body }),
  })
}

const shapes: Record<FiveProvider, (code: string, status: number) => object> = {
  openai: (code) => ({ error: { message: expect.any(String), type: expect.any(String), param: null, code } }),
  anthropic: (code) => ({
    type: 'error',
    error: { type: expect.any(String), message: expect.any(String), code },
    request_id: expect.any(String),
  }),
  gemini: (code, status) => ({
    error: {
      code: status,
      message: expect.any(String),
      status: expect.stringMatching(/^[A-Z_]+$/),
      details: [{ reason: code }],
    },
  }),
  elevenlabs: (code) => ({ detail: { status: code, code, message: expect.any(String) } }),
  sarvam: (code) => ({ error: { message: expect.any(String), code, request_id: expect.any(String) } }),
}

const refusals: [string, number, Case][] = [
  ['token_invalid', 401, { token: 'okt_unknown0000000000000000000000000000000000' }],
  ['token_invalid', 401, { token: canaryKeys.openai }],
  ['token_scope', 403, { token: 'narrow', org: 'paid' }],
  ['token_scope', 403, { token: 'narrow', feature: 'metered' }],
  ['token_scope', 403, { token: 'narrow', headers: { 'ownkey-user': 'u2' } }],
  ['token_scope', 403, { token: 'narrow', headers: { 'ownkey-environment': 'production' } }],
  ['org_required', 400, { token: 'service', feature: 'assistant' }],
  ['org_unknown', 404, { token: 'service', org: 'nobody', feature: 'assistant' }],
  ['feature_required', 400, {}],
  ['feature_unknown', 400, { feature: 'nothing' }],
  ['feature_not_in_plan', 403, { feature: 'elsewhere' }],
  ['add_on_required', 403, { feature: 'extra' }],
  ['missing_key', 403, { token: 'required', feature: 'assistant' }],
  ['byok_disabled', 403, { token: 'asked', feature: 'assistant' }],
  ['credits_exhausted', 402, { token: 'paid', feature: 'assistant' }],
  ['quota_exceeded', 429, { token: 'counted', feature: 'metered' }],
  ['request_invalid', 400, { feature: 'assistant', headers: { 'ownkey-nonsense': '1' } }],
  ['request_invalid', 400, { feature: 'assistant', headers: { 'ownkey-user': 'with space' } }],
  ['body_too_large', 413, { feature: 'assistant', body: JSON.stringify({ model: 'm', input: 'x'.repeat(100_001) }) }],
]

describe.each(fiveProviders)('in the shape of %s', (provider) => {
  test.each(refusals)('%s (%i)', async (code, status, wrong) => {
    const before = journey.upstream.journal.requests.length
    const answer = await ask(provider, wrong)
    expect([answer.status, answer.header('ownkey-error')]).toEqual([status, code])
    expect(answer.json()).toMatchObject(shapes[provider](code, status))
    expect(answer.header('x-should-retry')).toBe('false')
    expect(answer.header('content-type')).toBe('application/json')
    expect(answer.header('ownkey-request-id')).toMatch(/^req_/)
    expect(journey.upstream.journal.requests.length).toBe(before)
    for (const token of [...Object.values(tokens), canaryKeys.openai]) expect(answer.text).not.toContain(token)
  })

  test('token_missing (401)', async () => {
    const call = nativeCalls[provider]('')
    const answer = await rawCall(journey.ownkey.url, { ...call, headers: { 'content-type': 'application/json' } })
    expect([answer.status, answer.header('ownkey-error')]).toEqual([401, 'token_missing'])
    expect(answer.json()).toMatchObject(shapes[provider]('token_missing', 401))
  })
})

test('provider_not_allowed, model_refused and two tokens', async () => {
  expect((await ask('openai', { feature: 'only_gemini' })).json()).toMatchObject(
    shapes.openai('provider_not_allowed', 403),
  )
  const refused = await ask('openai', { feature: 'assistant', model: 'gpt-old-3' })
  expect(refused.json()).toMatchObject(shapes.openai('model_refused', 403))
  expect(refused.text).toContain('it is retired')
  const hidden = await ask('openai', { feature: 'assistant', body: '{"model":"gpt-4o","\\u006dodel":"gpt-old-3"}' })
  expect([hidden.status, hidden.header('ownkey-error')]).toEqual([400, 'request_invalid'])
  const large = await ask('openai', {
    feature: 'assistant',
    body: JSON.stringify({ input: 'x'.repeat(95_000), model: 'gpt-old-3' }),
  })
  expect([large.status, large.header('ownkey-error')]).toEqual([413, 'body_too_large'])
  const text = '{"model":"gpt-old-3"}'
  for (const [body, headers] of [
    [gzipSync(text), { 'content-encoding': 'gzip' }],
    [Buffer.from(text), { 'content-encoding': 'deflate' }],
    [Buffer.from(text, 'utf16le'), {}],
    [Buffer.from(`\ufeff${text}`, 'utf16le'), { 'content-type': 'application/json; charset=utf-16' }],
  ] as const) {
    const unseen = await ask('openai', { feature: 'assistant', body, headers: headers as Record<string, string> })
    expect([unseen.status, unseen.header('ownkey-error')]).toEqual([400, 'request_invalid'])
  }
  const two = await ask('openai', { feature: 'assistant', headers: { 'x-api-key': tokens['paid'] as string } })
  expect([two.status, two.header('ownkey-error')]).toEqual([400, 'request_invalid'])
})

test('a provider that nobody knows is nothing at this address, and the header has the code', async () => {
  const headers = { authorization: `Bearer ${tokens['standard']}`, 'content-type': 'application/json' }
  const answer = await rawCall(journey.ownkey.url, { method: 'POST', path: '/nope/v1/x', headers, body: '{}' })
  expect([answer.status, answer.header('ownkey-error'), answer.json().code]).toEqual([404, 'not_found', 'not_found'])
  expect(answer.header('content-type')).toContain('application/problem+json')
})

test('a revoked token is refused at once', async () => {
  const { body } = await journey.ownkey.api('POST', '/tokens', {
    kind: 'access',
    org: 'required',
    feature: 'assistant',
  })
  expect((await ask('openai', { token: body.token })).header('ownkey-error')).toBe('missing_key')
  expect((await journey.ownkey.api('DELETE', `/tokens/${body.id}`)).status).toBe(204)
  expect((await ask('openai', { token: body.token })).header('ownkey-error')).toBe('token_invalid')
})

test('a feature that the caller names goes with an access token that names none, and a repetition of what it names too', async () => {
  await journey.ownkey.putKey('standard', 'gemini', canaryKeys.gemini, { environment: 'staging' })
  const call = {
    token: 'narrow',
    org: 'standard',
    feature: 'assistant',
    headers: { 'ownkey-user': 'u1', 'ownkey-environment': 'staging' },
  }
  const answer = await ask('gemini', call)
  // The upstream of this suite refuses connections: the request got as far as that.
  expect([answer.status, answer.header('ownkey-key-source')]).toEqual([502, 'organization'])
})

describe('the SDKs raise their own types, and do not ask again', () => {
  const base = (id: string) => `${journey.ownkey.url}/${id}`
  const key = () => tokens['paid'] as string
  const feature = { 'Ownkey-Feature': 'assistant' }
  const raised = (call: PromiseLike<unknown>): Promise<unknown> =>
    Promise.resolve(call).then(
      () => undefined,
      (error) => error,
    )

  test('openai', async () => {
    const client = new OpenAI({ baseURL: `${base('openai')}/v1`, apiKey: key(), defaultHeaders: feature })
    const error = (await raised(client.models.list())) as InstanceType<typeof OpenAI.APIError>
    expect(error).toBeInstanceOf(OpenAI.APIError)
    expect([error.status, error.code]).toEqual([402, 'credits_exhausted'])
    expect(error.headers?.get('x-should-retry')).toBe('false')
    const wrong = new OpenAI({ baseURL: `${base('openai')}/v1`, apiKey: 'okt_no' })
    const unknown = (await raised(wrong.models.list())) as InstanceType<typeof OpenAI.AuthenticationError>
    expect(unknown).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(unknown.requestID).toBe(unknown.headers?.get('ownkey-request-id'))
  })

  test('anthropic', async () => {
    const wrong = new Anthropic({
      baseURL: base('anthropic'),
      apiKey: tokens['counted'] as string,
      defaultHeaders: { 'Ownkey-Feature': 'metered' },
    })
    const error = (await raised(wrong.messages.create({ model: 'm', max_tokens: 1, messages: [] }))) as InstanceType<
      typeof Anthropic.APIError
    >
    expect(error).toBeInstanceOf(Anthropic.RateLimitError)
    expect(error.message).toContain('quota_exceeded')
  })

  test('google, elevenlabs and sarvam', async () => {
    const google = new GoogleGenAI({ apiKey: 'okt_no', httpOptions: { baseUrl: base('gemini') } })
    const failed = (await raised(
      google.models.generateContent({ model: 'gemini-2.5-flash', contents: 'x' }),
    )) as ApiError
    expect(failed).toBeInstanceOf(ApiError)
    expect([failed.status, failed.message.includes('token_invalid')]).toEqual([401, true])
    const eleven = new ElevenLabsClient({ baseUrl: base('elevenlabs'), apiKey: 'okt_no' })
    const spoken = (await raised(eleven.voices.getAll())) as ElevenLabsError
    expect(spoken).toBeInstanceOf(ElevenLabsError)
    expect([spoken.statusCode, JSON.stringify(spoken.body).includes('token_invalid')]).toEqual([401, true])
    const sarvam = new SarvamAIClient({ baseUrl: base('sarvam'), apiSubscriptionKey: 'okt_no' })
    const told = (await raised(
      sarvam.text.translate({ input: 'x', source_language_code: 'en-IN', target_language_code: 'hi-IN' }),
    )) as SarvamAIError
    expect(told).toBeInstanceOf(SarvamAIError)
    expect([told.statusCode, (told.body as { error: { code: string } }).error.code]).toEqual([401, 'token_invalid'])
  })

  const sentence = 'Create a new token with POST /api/v1/tokens'

  test('amazon’s, which read the sentence and the code at the top', async () => {
    const client = new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint: base('bedrock'),
      token: { token: 'okt_no' },
      authSchemePreference: ['httpBearerAuth'],
      requestHandler: new NodeHttpHandler(),
    })
    const input = { modelId: 'amazon.nova-micro-v1:0', messages: [{ role: 'user' as const, content: [{ text: 'x' }] }] }
    for (const command of [new ConverseCommand(input), new ConverseStreamCommand(input)]) {
      const error = (await raised(client.send(command as ConverseCommand))) as BedrockRuntimeServiceException
      expect(error).toBeInstanceOf(BedrockRuntimeServiceException)
      expect([error.name, error.$metadata.httpStatusCode, error.$metadata.attempts]).toEqual(['token_invalid', 401, 1])
      expect(error.message).toContain(sentence)
    }
  })

  test('the ones that read errors flat, and openai’s at the same address', async () => {
    const cerebras = new Cerebras({ baseURL: base('cerebras'), apiKey: 'okt_no', warmTCPConnection: false })
    const flat = await raised(cerebras.chat.completions.create({ model: 'm', messages: [] }))
    expect(flat).toBeInstanceOf(Cerebras.AuthenticationError)
    expect(flat).toMatchObject({
      message: expect.stringMatching(/^401 This Ownkey token/),
      error: { code: 'token_invalid' },
    })
    for (const [id, path] of [
      ['mistral', '/v1'],
      ['cerebras', '/v1'],
      ['cohere', '/compatibility/v1'],
    ] as const) {
      const client = new OpenAI({ baseURL: base(id) + path, apiKey: 'okt_no' })
      const error = (await raised(client.models.list())) as InstanceType<typeof OpenAI.APIError>
      expect([error.code, error.message.includes(sentence)]).toEqual(['token_invalid', true])
      const answer = await rawCall(journey.ownkey.url, {
        path: `/${id}/v1/models`,
        headers: { authorization: 'Bearer okt_no' },
      })
      expect(answer.json()).toMatchObject({
        object: 'error',
        message: expect.stringContaining(sentence),
        code: 'token_invalid',
      })
    }
  })

  test('deepgram and assemblyai', async () => {
    const deepgram = new DeepgramClient({ baseUrl: base('deepgram'), apiKey: 'okt_no' })
    const heard = (await raised(
      deepgram.listen.v1.media.transcribeFile(Buffer.alloc(10), { model: 'nova-3' }),
    )) as DeepgramError
    expect(heard).toBeInstanceOf(DeepgramError)
    expect([heard.statusCode, heard.body]).toMatchObject([401, { err_code: 'token_invalid' }])
    const assemblyai = new AssemblyAI({ baseUrl: base('assemblyai'), apiKey: 'okt_no' })
    expect(((await raised(assemblyai.transcripts.list())) as Error).message).toContain(sentence)
  })

  test('anthropic’s, on another vendor’s route for it', async () => {
    const elsewhere = new Anthropic({ baseURL: `${base('deepseek')}/anthropic`, apiKey: 'okt_no' })
    const error = (await raised(
      elsewhere.messages.create({ model: 'm', max_tokens: 1, messages: [] }),
    )) as InstanceType<typeof Anthropic.AuthenticationError>
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
    expect(error.requestID).toBe(error.headers.get('ownkey-request-id'))
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'authentication_error', code: 'token_invalid' } })
  })
})

test('every code of this suite is in the table that the contract fixes', () => {
  const table = readFileSync(new URL('../../src/contract/errors.ts', import.meta.url), 'utf8')
  for (const [code, status] of refusals)
    expect(table).toMatch(new RegExp(`${code}: \\{\\s+status: ${status},|${code}: \\{ status: ${status},`))
})
