/** What a session on a socket is of, where only its first message says so. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { type OpenSocket, open, watch } from '../support/socket-client.ts'

const price = { input: 1, output: 10 }
const live = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
const completed = { id: 'resp_1', usage: { input_tokens: 7, output_tokens: 11, total_tokens: 18 } }

let journey: Journey
beforeAll(async () => {
  journey = await startJourney({ more: { prices: { openai: { 'test-*': price }, gemini: { 'test-*': price } } } })
})
afterAll(() => journey.close())

test.each([
  [
    'gemini',
    live,
    '{"setup": {"model":"models/test-1"} }',
    { usageMetadata: { promptTokenCount: 7, responseTokenCount: 11, totalTokenCount: 18 } },
  ],
  [
    'openai',
    '/v1/responses',
    '{"type":"response.create", "model":"test-1","input":"x"}',
    { type: 'response.completed', response: completed },
  ],
])(
  'a session of %s at %s is booked and priced by the model of its first message, which passes as it is',
  async (provider, path, first, answer) => {
    const { org, token } = await journey.newOrg()
    const accepted = new Promise<OpenSocket>((resolve) => {
      journey.upstream.onUpgrade(path, (websocket) => resolve(watch(websocket)))
    })
    const headers = { authorization: `Bearer ${token}` }
    const caller = await open(journey.ownkey.url, { path: `/${provider}${path}`, headers })
    const upstream = await accepted
    caller.websocket.send(first)
    const [sent] = await upstream.messages(1)
    expect(sent?.data.toString()).toBe(first)
    upstream.websocket.send(JSON.stringify(answer))
    await caller.messages(1)
    upstream.websocket.close(1000)
    await caller.ended
    await expect
      .poll(async () => (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0])
      .toMatchObject({
        state: 'settled',
        model: 'test-1',
        inputTokens: 7,
        outputTokens: 11,
        cost: { amount: '0.000117' },
      })
  },
)
