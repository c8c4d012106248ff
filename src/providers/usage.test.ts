import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogue, findProvider } from './catalogue.ts'
import type { Usage } from './usage-reading.ts'

function read(provider: string, marker: string, value: unknown): Usage | undefined {
  const reading = findProvider(provider)?.usage
  expect(reading?.markers).toContain(marker)
  return reading?.read(marker, value)
}
const headers = (provider: string, told: Record<string, string>) => findProvider(provider)?.usage.readHeaders?.(told)

describe('counts', () => {
  it.each([
    [
      'openai',
      '"usage"',
      {
        input_tokens: 20,
        output_tokens: 10,
        input_token_details: { text_tokens: 5, audio_tokens: 15, cached_tokens: 5 },
      },
      { inputTokens: 15, outputTokens: 10, cacheReadTokens: 5, inputAudioTokens: 15 },
    ],
    [
      'openai',
      '"usage"',
      {
        total_tokens: 253,
        input_tokens: 132,
        output_tokens: 121,
        input_token_details: {
          text_tokens: 32,
          audio_tokens: 70,
          image_tokens: 30,
          cached_tokens: 64,
          cached_tokens_details: { text_tokens: 20, audio_tokens: 40, image_tokens: 4 },
        },
        output_token_details: { text_tokens: 30, audio_tokens: 91 },
      },
      {
        inputTokens: 68,
        inputAudioTokens: 30,
        inputImageTokens: 26,
        cacheReadTokens: 64,
        cacheReadAudioTokens: 40,
        cacheReadImageTokens: 4,
        outputTokens: 121,
        outputAudioTokens: 91,
      },
    ],
    [
      'openai',
      '"usage"',
      {
        prompt_tokens: 20,
        completion_tokens: 8,
        total_tokens: 28,
        prompt_tokens_details: { audio_tokens: 0, cached_tokens: 0 },
        completion_tokens_details: { audio_tokens: 6, reasoning_tokens: 0 },
      },
      { inputTokens: 20, cacheReadTokens: 0, outputTokens: 8, reasoningTokens: 0, outputAudioTokens: 6 },
    ],
    [
      'anthropic',
      '"usage"',
      {
        input_tokens: 3,
        cache_creation_input_tokens: 456,
        cache_creation: { ephemeral_5m_input_tokens: 356, ephemeral_1h_input_tokens: 100 },
        output_tokens: 9,
        server_tool_use: { web_search_requests: 2 },
      },
      { inputTokens: 3, cacheWriteTokens: 456, cacheWriteHourTokens: 100, outputTokens: 9, webSearches: 2 },
    ],
    [
      'gemini',
      '"usageMetadata"',
      {
        promptTokenCount: 300,
        cachedContentTokenCount: 100,
        candidatesTokenCount: 1300,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 100 },
          { modality: 'AUDIO', tokenCount: 200 },
        ],
        cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 60 }],
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
      },
      {
        inputTokens: 200,
        inputAudioTokens: 140,
        cacheReadTokens: 100,
        cacheReadAudioTokens: 60,
        outputTokens: 1300,
        outputImageTokens: 1290,
      },
    ],
    [
      'gemini',
      '"usageMetadata"',
      { promptTokenCount: 5, responseTokenCount: 7, responseTokensDetails: [{ modality: 'AUDIO', tokenCount: 7 }] },
      { inputTokens: 5, outputTokens: 7, outputAudioTokens: 7 },
    ],
    [
      'anthropic',
      '"usage"',
      { input_tokens: 1, output_tokens: 1, service_tier: 'batch', speed: 'fast', inference_geo: 'us' },
      { inputTokens: 1, outputTokens: 1, terms: ['batch', 'fast', 'in_us'] },
    ],
    [
      'anthropic',
      '"usage"',
      { input_tokens: 1, service_tier: 'priority', speed: 'standard', inference_geo: 'not_available' },
      { inputTokens: 1 },
    ],
    [
      'gemini',
      '"usageMetadata"',
      { promptTokenCount: 5, trafficType: 'ON_DEMAND_PRIORITY' },
      { inputTokens: 5, terms: ['on_demand_priority'] },
    ],
    ['gemini', '"usageMetadata"', { promptTokenCount: 5, trafficType: 'ON_DEMAND' }, { inputTokens: 5 }],
    // What is no number, or more than the whole, is no reason to lose the rest.
    [
      'gemini',
      '"usageMetadata"',
      {
        promptTokenCount: 5,
        candidatesTokenCount: 2,
        promptTokensDetails: 'none',
        candidatesTokensDetails: [null, { modality: 'AUDIO', tokenCount: 900 }],
      },
      { inputTokens: 5, outputTokens: 2, outputAudioTokens: 2 },
    ],
    [
      'mistral',
      '"usage"',
      { prompt_audio_seconds: 12, prompt_tokens: 4, completion_tokens: 20, total_tokens: 24 },
      { inputTokens: 4, outputTokens: 20, audioSeconds: 12 },
    ],
    [
      'openai',
      '"usage"',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      { inputTokens: 10, outputTokens: 5 },
    ],
    [
      'openai',
      '"usage"',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 60 },
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      { inputTokens: 40, outputTokens: 50, cacheReadTokens: 60, reasoningTokens: 20 },
    ],
    [
      'openai',
      '"usage"',
      {
        input_tokens: 8,
        output_tokens: 3,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 1 },
      },
      { inputTokens: 8, outputTokens: 3, cacheReadTokens: 0, reasoningTokens: 1 },
    ],
    ['openai', '"usage"', { prompt_tokens: 7, total_tokens: 7 }, { inputTokens: 7 }],
    ['openai', '"usage"', { type: 'duration', seconds: 12.5 }, { audioSeconds: 12.5 }],
    ['openai', '"usage"', null, {}],
    [
      'xai',
      '"usage"',
      {
        prompt_tokens: 10,
        completion_tokens: 2,
        total_tokens: 42,
        completion_tokens_details: { reasoning_tokens: 30 },
      },
      { inputTokens: 10, outputTokens: 32, reasoningTokens: 30 },
    ],
    [
      'deepseek',
      '"usage"',
      { prompt_tokens: 9, prompt_cache_hit_tokens: 4, completion_tokens: 1 },
      { inputTokens: 5, cacheReadTokens: 4, outputTokens: 1 },
    ],
    [
      'anthropic',
      '"usage"',
      { input_tokens: 3, cache_creation_input_tokens: 5, cache_read_input_tokens: 7, output_tokens: 1 },
      { inputTokens: 3, cacheWriteTokens: 5, cacheReadTokens: 7, outputTokens: 1 },
    ],
    ['anthropic', '"usage"', { output_tokens: 25 }, { outputTokens: 25 }],
    ['anthropic', '"usage"', { prompt_tokens: 4, completion_tokens: 2 }, { inputTokens: 4, outputTokens: 2 }],
    [
      'gemini',
      '"usageMetadata"',
      {
        promptTokenCount: 100,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 30,
        cachedContentTokenCount: 40,
        toolUsePromptTokenCount: 5,
        totalTokenCount: 155,
      },
      { inputTokens: 65, outputTokens: 50, cacheReadTokens: 40, reasoningTokens: 30 },
    ],
    ['gemini', '"usageMetadata"', { promptTokenCount: 4 }, { inputTokens: 4 }],
    [
      'gemini',
      '"usage"',
      { prompt_tokens: 4, completion_tokens: 2, total_tokens: 16 },
      { inputTokens: 4, outputTokens: 12 },
    ],
    ['vertex', '"usage"', { input_tokens: 3, output_tokens: 4 }, { inputTokens: 3, outputTokens: 4 }],
    [
      'bedrock',
      '"usage"',
      { inputTokens: 3, outputTokens: 4, totalTokens: 9, cacheReadInputTokens: 2 },
      { inputTokens: 3, outputTokens: 4, cacheReadTokens: 2 },
    ],
    ['bedrock', '"usage"', { input_tokens: 3, output_tokens: 4 }, { inputTokens: 3, outputTokens: 4 }],
    [
      'cohere',
      '"usage"',
      { billed_units: { input_tokens: 5, output_tokens: 6 }, tokens: { input_tokens: 500, output_tokens: 6 } },
      { inputTokens: 5, outputTokens: 6 },
    ],
    ['cohere', '"meta"', { billed_units: { input_tokens: 5 } }, { inputTokens: 5 }],
    [
      'anthropic',
      '"usage"',
      {
        input_tokens: 100,
        output_tokens: 50,
        iterations: [
          { type: 'message', model: 'claude-sonnet-5-5', input_tokens: 100, output_tokens: 50 },
          { type: 'compaction', input_tokens: 30, output_tokens: 7, cache_read_input_tokens: 2 },
          { type: 'advisor_message', model: 'claude-opus-5-5', input_tokens: 900, output_tokens: 80 },
        ],
      },
      {
        inputTokens: 130,
        outputTokens: 57,
        cacheReadTokens: 2,
        others: [{ model: 'claude-opus-5-5', inputTokens: 900, outputTokens: 80 }],
      },
    ],
    ['anthropic', '"message"', { usage: { input_tokens: 3, output_tokens: 1 } }, { inputTokens: 3 }],
    [
      'vertex',
      '"message"',
      { usage: { input_tokens: 3, cache_read_input_tokens: 1, output_tokens: 1 } },
      { inputTokens: 3, cacheReadTokens: 1 },
    ],
    [
      'gemini',
      '"usage"',
      {
        total_input_tokens: 100,
        total_cached_tokens: 40,
        total_tool_use_tokens: 5,
        total_output_tokens: 20,
        total_thought_tokens: 30,
        total_tokens: 155,
      },
      { inputTokens: 65, outputTokens: 50, cacheReadTokens: 40, reasoningTokens: 30 },
    ],
    [
      'openrouter',
      '"usage"',
      { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6, cost: 0.00014 },
      { inputTokens: 4, outputTokens: 2, dollars: 0.00014 },
    ],
    [
      'openrouter',
      '"usage"',
      { prompt_tokens: 4, cost: 0.25, is_byok: true, cost_details: { upstream_inference_cost: 0.5 } },
      { inputTokens: 4, dollars: 0.75 },
    ],
    ['openrouter', '"usage"', { prompt_tokens: 4, cost: null }, { inputTokens: 4 }],
    ['xai', '"usage"', { prompt_tokens: 4, cost_in_usd_ticks: 37_756_000 }, { inputTokens: 4, dollars: 0.0037756 }],
    ['xai', '"usage"', { prompt_tokens: 4, cost_in_usd_ticks: -1 }, { inputTokens: 4 }],
    [
      'perplexity',
      '"usage"',
      {
        prompt_tokens: 33,
        completion_tokens: 7163,
        total_tokens: 7196,
        citation_tokens: 20016,
        num_search_queries: 23,
        reasoning_tokens: 113092,
        cost: { input_tokens_cost: 0.1, output_tokens_cost: 0.2, total_cost: 0.84 },
      },
      { inputTokens: 33, outputTokens: 7163, reasoningTokens: 113092, dollars: 0.84 },
    ],
    ['cohere', '"usage"', { prompt_tokens: 5, completion_tokens: 6 }, { inputTokens: 5, outputTokens: 6 }],
    ['groq', '"duration"', 3.25, { audioSeconds: 3.25 }],
    ['deepgram', '"metadata"', { request_id: 'x', duration: 25.933313, channels: 1 }, { audioSeconds: 25.933 }],
    ['deepgram', '"metadata"', { request_id: 'x' }, {}],
    ['assemblyai', '"audio_duration"', 281, { audioSeconds: 281 }],
    ['assemblyai', '"audio_duration_seconds"', 12, { audioSeconds: 12 }],
    [
      'sarvam',
      '"usage"',
      { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 },
      { inputTokens: 2, outputTokens: 3 },
    ],
  ] as const)('of %s by %s: %j', (provider, marker, value, expected) => {
    expect(read(provider, marker, value)).toEqual(expected)
  })

  it('in headers', () => {
    expect(headers('elevenlabs', { 'character-cost': '91' })).toEqual({ characters: 91 })
    expect(headers('elevenlabs', {})).toEqual({})
    expect(headers('elevenlabs', { 'character-cost': 'many' })).toEqual({})
    expect(headers('deepgram', { 'dg-char-count': '12' })).toEqual({ characters: 12 })
    expect(
      headers('bedrock', { 'x-amzn-bedrock-input-token-count': '1', 'x-amzn-bedrock-output-token-count': '2' }),
    ).toEqual({ inputTokens: 1, outputTokens: 2 })
  })

  it.each(['deepseek', 'fireworks', 'openrouter', 'bedrock'])(
    'of %s on the route of Anthropic’s messages',
    (provider) => {
      const surface = findProvider(provider)?.surfaces.find(({ path }) =>
        ['/anthropic/v1/messages', '/inference/v1/messages', '/api/v1/messages'].some((written) => path.test(written)),
      )
      const usage = { input_tokens: 3, cache_creation_input_tokens: 5, cache_read_input_tokens: 7, output_tokens: 1 }
      const read = { inputTokens: 3, cacheWriteTokens: 5, cacheReadTokens: 7, outputTokens: 1 }
      expect(surface?.usage?.read('"usage"', usage)).toEqual(read)
      const cost = provider === 'openrouter' ? { dollars: 2 } : {}
      expect(surface?.usage?.read('"usage"', { ...usage, cost: 2 })).toEqual({ ...read, ...cost })
    },
  )

  it('of audio answers stand beside the surface', () => {
    const surface = findProvider('openai')?.surfaces.find(({ path }) => path.test('/v1/audio/transcriptions'))
    expect(surface?.usage?.read('"duration"', 7.5)).toEqual({ audioSeconds: 7.5 })
  })

  it('stay whole numbers that the books can hold, whatever a provider tells', () => {
    const number = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.constantFrom(
        -1,
        -1e300,
        1e300,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        2 ** 53,
        0.5,
        null,
        '12',
        '-3',
        '9'.repeat(40),
        {},
        [],
      ),
    )
    const keys = [
      'prompt_tokens',
      'completion_tokens',
      'total_tokens',
      'input_tokens',
      'output_tokens',
      'cache_read_input_tokens',
      'reasoning_tokens',
      'cache_creation_input_tokens',
      'promptTokenCount',
      'candidatesTokenCount',
      'thoughtsTokenCount',
      'cachedContentTokenCount',
      'toolUsePromptTokenCount',
      'inputTokens',
      'outputTokens',
      'seconds',
      'duration',
      'prompt_cache_hit_tokens',
    ]
    const usage = fc
      .dictionary(fc.constantFrom(...keys), number)
      .chain((counts) =>
        fc.constantFrom(
          { ...counts },
          { ...counts, billed_units: counts },
          { ...counts, prompt_tokens_details: { cached_tokens: counts['seconds'] } },
        ),
      )
    fc.assert(
      fc.property(fc.oneof(usage, number), (value) => {
        for (const provider of catalogue) {
          for (const marker of provider.usage.markers) {
            const { others = [], ...usage } = provider.usage.read(marker, value)
            expect(others).toEqual([])
            for (const [name, count] of Object.entries(usage)) {
              expect(count).toBeGreaterThanOrEqual(0)
              expect(count).toBeLessThanOrEqual(2 ** 33)
              if (name !== 'audioSeconds') expect(Number.isInteger(count)).toBe(true)
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
