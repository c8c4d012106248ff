/** What an answer cost depends on how it was served: the books hold the price of the tier that the provider says it used. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { type Answer, bytes, json, sse } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey?.close())

/** Ten thousand tokens into gpt-5.2 cost 0.0175 USD, into gemini-2.5-flash 0.003, into claude-opus-4-6 0.05. */
const usage = { prompt_tokens: 10_000, completion_tokens: 0, total_tokens: 10_000 }
const openai = (service_tier: string | null) => ({ id: 'x', model: 'gpt-5.2', choices: [], service_tier, usage })
const event = (type: string, response: object) => ({ event: type, data: { type, response } })
const responses = (asked: string, used: string) => [
  event('response.created', { service_tier: asked, usage: null }),
  event('response.completed', {
    service_tier: used,
    usage: { input_tokens: 10_000, output_tokens: 0 },
    metadata: { service_tier: 'flex' },
  }),
]
const gemini = { candidates: [], usageMetadata: { promptTokenCount: 10_000 } }
const packed: Answer = bytes(gzipSync(JSON.stringify(openai('flex'))), {
  headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
})

const chat = '/openai/v1/chat/completions'
const generate = '/gemini/v1beta/models/gemini-2.5-flash:generateContent'

describe('the cost in the books', () => {
  test.each<[string, string, string, Answer, string | null]>([
    ['of the usual tier', chat, 'gpt-5.2', json(openai('default')), '0.0175'],
    ['where no tier is told', chat, 'gpt-5.2', json(openai(null)), '0.0175'],
    ['of a slower tier', chat, 'gpt-5.2', json(openai('flex')), '0.00875'],
    ['of a slower tier, packed', chat, 'gpt-5.2', packed, '0.00875'],
    ['of a faster tier, streamed', chat, 'gpt-5.2', sse([{ data: openai('priority') }, '[DONE]']), '0.035'],
    ['of a tier without a known price', chat, 'gpt-5.2', json(openai('scale')), null],
    ['of what was used, not asked for', '/openai/v1/responses', 'gpt-5.2', sse(responses('flex', 'default')), '0.0175'],
    ['of what was used, asked for', '/openai/v1/responses', 'gpt-5.2', sse(responses('auto', 'priority')), '0.035'],
    [
      'by a header',
      generate,
      'gemini-2.5-flash',
      json(gemini, { headers: { 'x-gemini-service-tier': 'flex' } }),
      '0.0015',
    ],
    [
      'by a header of the usual',
      generate,
      'gemini-2.5-flash',
      json(gemini, { headers: { 'x-gemini-service-tier': 'standard' } }),
      '0.003',
    ],
    [
      'in a place that costs more',
      '/anthropic/v1/messages',
      'claude-opus-4-6',
      json({ type: 'message', usage: { input_tokens: 10_000, output_tokens: 0, inference_geo: 'us' } }),
      '0.055',
    ],
  ])('is that %s', async (_name, path, model, answer, amount) => {
    const { org, token } = await journey.newOrg()
    const undo = journey.upstream.on(/./, answer)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ model, messages: [], input: 'x', max_tokens: 5 })
    expect((await rawCall(journey.ownkey.url, { method: 'POST', path, headers, body })).status).toBe(200)
    undo()
    const { total } = (await journey.ownkey.api('GET', `/orgs/${org}/usage`)).body
    expect([total.inputTokens, total.costs[0]?.amount ?? null, total.unpriced]).toEqual([
      10_000,
      amount,
      amount === null ? 1 : 0,
    ])
  })
})
