import { describe, expect, it } from 'vitest'
import { findProvider } from './catalogue.ts'
import type { StreamOpening } from './stream-opening.ts'

function open(provider: string, data: unknown, name?: string): StreamOpening | undefined {
  return findProvider(provider)?.readStreamOpening(name === undefined ? { data } : { name, data })
}

describe('the first event of a 200 stream', () => {
  it.each([
    [
      'openai',
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
      undefined,
      'quota_exhausted',
    ],
    ['together', { error: { message: 'Credit limit exceeded', type: 'credit_limit' } }, undefined, 'quota_exhausted'],
    [
      'openai',
      { error: { message: 'Rate limit reached', type: 'tokens', code: 'rate_limit_exceeded' } },
      undefined,
      'rate_limited',
    ],
    [
      'openai',
      { error: { message: 'The server had an error', type: 'server_error', code: null } },
      'error',
      'provider_error',
    ],
    [
      'openai',
      { type: 'error', code: 'server_is_overloaded', message: 'busy', param: null },
      'error',
      'provider_error',
    ],
    [
      'openai',
      { type: 'error', error: { type: 'invalid_request_error', code: 'context_length_exceeded', message: 'x' } },
      'error',
      'request_invalid',
    ],
    [
      'openai',
      {
        type: 'response.failed',
        response: { id: 'r', status: 'failed', error: { code: 'rate_limit_exceeded', message: 'x' } },
      },
      'response.failed',
      'rate_limited',
    ],
    [
      'openai',
      { type: 'response.failed', response: { error: { code: 'server_error', message: 'x' } } },
      undefined,
      'provider_error',
    ],
    [
      'openai',
      { type: 'response.failed', response: { error: { code: 'invalid_prompt', message: 'x' } } },
      undefined,
      'content_refused',
    ],
    [
      'openai',
      { type: 'response.failed', response: { error: { code: 'credit_balance_exhausted', message: 'x' } } },
      undefined,
      'quota_exhausted',
    ],
    [
      'anthropic',
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded', details: null } },
      'error',
      'provider_error',
    ],
    ['anthropic', { type: 'error', error: { type: 'authentication_error', message: 'x' } }, 'error', 'invalid_key'],
    ['anthropic', { type: 'error', error: { type: 'permission_error', message: 'x' } }, 'error', 'permission_denied'],
    ['anthropic', { type: 'error', error: { type: 'billing_error', message: 'x' } }, 'error', 'quota_exhausted'],
    [
      'anthropic',
      { type: 'error', error: { type: 'invalid_request_error', message: 'x' } },
      undefined,
      'request_invalid',
    ],
    [
      'gemini',
      { error: { code: 429, message: 'Resource exhausted', status: 'RESOURCE_EXHAUSTED' } },
      undefined,
      'rate_limited',
    ],
    [
      'gemini',
      [{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }],
      undefined,
      'provider_error',
    ],
    ['gemini', { error: { code: 403, message: 'x', status: 'PERMISSION_DENIED' } }, undefined, 'permission_denied'],
    [
      'openrouter',
      {
        id: 'x',
        choices: [{ delta: { content: '' }, finish_reason: 'error' }],
        error: { code: 502, message: 'Provider disconnected' },
      },
      undefined,
      'provider_error',
    ],
    ['openrouter', { error: { code: 402, message: 'Insufficient credits' } }, undefined, 'quota_exhausted'],
    ['bedrock', { throttlingException: { message: 'Too many requests' } }, undefined, 'rate_limited'],
    ['bedrock', { message: 'Too many tokens, please wait' }, 'throttlingException', 'rate_limited'],
    ['bedrock', { serviceUnavailableException: { message: 'x' } }, undefined, 'provider_error'],
    ['bedrock', { modelStreamErrorException: { message: 'x' } }, undefined, 'provider_error'],
    ['bedrock', { validationException: { message: 'x' } }, undefined, 'request_invalid'],
    [
      'groq',
      { error: { message: 'x', type: 'invalid_request_error', code: 'invalid_api_key' } },
      'error',
      'invalid_key',
    ],
    ['sarvam', { error: { message: 'x', code: 'insufficient_quota_error' } }, undefined, 'quota_exhausted'],
    ['openai', 'gateway timeout', 'error', 'provider_error'],
    ['gemini', { promptFeedback: { blockReason: 'SAFETY' } }, undefined, 'content_refused'],
    [
      'vertex',
      [{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: {} }],
      undefined,
      'content_refused',
    ],
    ['openai', { code: 429, data: null }, undefined, 'rate_limited'],
    ['openai', { success: false, message: 'x' }, undefined, 'provider_error'],
    // What only its type or a sentence in the place of its code tells.
    [
      'openai',
      { error: { message: 'Missing scopes: model.request.', type: 'invalid_request_error', code: null } },
      undefined,
      'permission_denied',
    ],
    [
      'openai',
      { error: { message: 'You must be a member of an organization', type: 'invalid_request_error', code: null } },
      undefined,
      'permission_denied',
    ],
    ['xai', { code: 'Some resource has been exhausted', error: 'At capacity' }, undefined, 'rate_limited'],
    ['xai', { code: 'permission-denied', error: 'Access to the endpoint is denied' }, undefined, 'permission_denied'],
    ['mistral', { object: 'error', message: 'x', type: 'invalid_request_prompt' }, undefined, 'request_invalid'],
    ['deepgram', { err_code: 'Bad Request', err_msg: 'corrupt data' }, undefined, 'request_invalid'],
  ] as const)('of %s that is an error: %j (%s) → %s', (provider, data, name, expected) => {
    expect(open(provider, data, name)).toMatchObject({ class: expected })
  })

  it.each([
    ['openai', { type: 'response.created', response: { error: null } }, 'response.created'],
    ['openai', { type: 'response.in_progress', response: { error: null } }, undefined],
    ['openai', { type: 'response.queued' }, undefined],
    ['anthropic', { type: 'message_start', message: { usage: { input_tokens: 1 } } }, 'message_start'],
    ['anthropic', { type: 'ping' }, 'ping'],
    ['openai', { type: 'keepalive', sequence_number: 2 }, 'keepalive'],
    ['gemini', { event_type: 'interaction.created', interaction: { id: 'i' } }, 'interaction.created'],
    ['gemini', { event_type: 'interaction.start', interaction: { id: 'i' } }, undefined],
    ['gemini', { event_type: 'interaction.status_update', status: 'in_progress' }, undefined],
    ['azure-openai', { choices: [], prompt_filter_results: [{ prompt_index: 0 }] }, undefined],
  ] as const)('of %s that decides nothing: %j', (provider, data, name) => {
    expect(open(provider, data, name)).toBe('preamble')
  })

  it.each([
    ['openai', { choices: [{ delta: { role: 'assistant', content: '' } }], usage: null }, undefined],
    ['openai', { type: 'response.output_item.added', item: {} }, 'response.output_item.added'],
    ['openai', { choices: [{ delta: { content: 'error: {"error":{}}' } }] }, undefined],
    ['openai', '[DONE]', undefined],
    ['anthropic', { type: 'content_block_start', index: 0 }, 'content_block_start'],
    ['gemini', { candidates: [{ content: { parts: [{ text: 'error' }] } }] }, undefined],
    ['gemini', { promptFeedback: { safetyRatings: [] } }, undefined],
    ['gemini', { promptFeedback: { blockReason: 'SAFETY' }, candidates: [{ index: 0 }] }, undefined],
    ['openai', { code: 0, message: 'ok', data: {} }, undefined],
    ['openai', { response: 'Hi', error: '' }, undefined],
    ['openai', { msg: 'Hi' }, undefined],
    ['openrouter', { choices: [{ delta: { content: 'x' } }], error: null }, undefined],
    ['gemini', { event_type: 'content.start', index: 0 }, 'content.start'],
    ['elevenlabs', { audio_base64: 'AAAA' }, undefined],
    ['openai', null, undefined],
  ] as const)('of %s that is content: %j', (provider, data, name) => {
    expect(open(provider, data, name)).toBe('content')
  })
})

describe('a 200 body', () => {
  it('of OpenRouter with an error inside is a failure', () => {
    const provider = findProvider('openrouter')
    expect(provider?.failsInside200).toBe(true)
    expect(
      provider?.readFailure({ status: 200, headers: {}, body: { error: { code: 429, message: 'x' } } })?.class,
    ).toBe('rate_limited')
    expect(
      provider?.readFailure({ status: 200, headers: {}, body: { choices: [{ error: { code: 502, message: 'x' } }] } })
        ?.class,
    ).toBe('provider_error')
    expect(
      provider?.readFailure({ status: 200, headers: {}, body: { choices: [{ message: { content: 'error' } }] } }),
    ).toBeUndefined()
  })
})

describe('the close of a socket', () => {
  const close = (provider: string, code: number, reason: string) => findProvider(provider)?.readClose?.(code, reason)
  it('that is ordinary is no failure', () => {
    for (const code of [1000, 1001, 1005]) expect(close('openai', code, '')).toBeUndefined()
  })
  it('is read from its reason before its code', () => {
    expect(close('assemblyai', 1008, 'Your current account balance is negative')?.class).toBe('quota_exhausted')
    expect(close('assemblyai', 1008, 'Unauthorized Connection: Invalid token')?.class).toBe('invalid_key')
    expect(close('assemblyai', 3009, 'Unauthorized Connection: Too many concurrent sessions')?.class).toBe(
      'rate_limited',
    )
    expect(close('assemblyai', 4002, '')?.class).toBe('quota_exhausted')
    expect(close('gemini', 1007, 'API key not valid. Please pass a valid API key.')?.class).toBe('invalid_key')
    expect(close('gemini', 1008, 'models/x is not found for API version v1beta')?.class).toBe('model_unavailable')
    expect(
      close('gemini', 1011, 'You exceeded your current quota, please check your plan and billing details.')?.class,
    ).toBe('quota_exhausted')
    expect(close('openai', 3000, 'invalid_request_error.invalid_api_key')).toMatchObject({
      class: 'invalid_key',
      code: 'invalid_api_key',
    })
    expect(close('deepgram', 1008, 'DATA-0000')?.class).toBe('request_invalid')
    expect(close('deepgram', 1011, 'NET-0001')?.class).toBe('provider_error')
    expect(close('elevenlabs', 1008, 'quota_exceeded')?.class).toBe('quota_exhausted')
  })
  it('without a reason is the provider’s or the request’s', () => {
    expect(close('openai', 1011, '')?.class).toBe('provider_error')
    expect(close('openai', 1006, '')?.class).toBe('provider_error')
    expect(close('openai', 1009, '')?.class).toBe('request_invalid')
  })
})
