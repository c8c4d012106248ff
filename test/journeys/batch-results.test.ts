/** Anthropic tells where a batch's results are, and every version of its SDK goes to that address with its API key. */
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryKeys, canaryPrompts } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { bytes, json } from '../support/upstream.ts'

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney({ sandbox: true })
  token = (await journey.newOrg()).token
})
afterAll(() => journey.close())

const batchesOf = (apiKey: string) =>
  new Anthropic({ baseURL: `${journey.ownkey.url}/anthropic`, apiKey, maxRetries: 0 }).messages.batches
const ownAddress = () => `${journey.ownkey.url}/anthropic/v1/messages/batches/msgbatch_1/results`
const path = '/v1/messages/batches/msgbatch_1'

/** What the provider writes, and what comes of it. */
async function told(written: string, options: Parameters<typeof bytes>[1] = {}) {
  const undo = journey.upstream.on(
    path,
    bytes(written, { ...options, headers: { 'content-type': 'application/json', 'request-id': 'req_1' } }),
  )
  const answer = await rawCall(journey.ownkey.url, { path: `/anthropic${path}`, headers: { 'x-api-key': token } })
  undo()
  return answer
}

test('the SDK finds the results in the sandbox', async () => {
  const org = 'batches-in-the-sandbox'
  await journey.ownkey.putOrg(org)
  await journey.ownkey.putKey(org, 'anthropic', `sk-ant-api03-sandbox-ok-${'0'.repeat(24)}`)
  const batches = batchesOf(await journey.ownkey.token({ org, feature: 'assistant' }))
  const params = { model: 'claude-haiku-4-5', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] }
  const { id } = await batches.create({ requests: [{ custom_id: 'one', params }] })
  const results = []
  for await (const result of await batches.results(id)) results.push(result)
  expect(results).toMatchObject([{ custom_id: 'one', result: { type: 'succeeded' } }])
  expect(JSON.stringify(results)).toContain('sandbox')
})

test('the SDK fetches them here, with the stored key', async () => {
  const { upstream } = journey
  const results_url = `https://api.anthropic.com${path}/results`
  const state = { id: 'msgbatch_1', type: 'message_batch', processing_status: 'ended', results_url }
  const line = { custom_id: 'one', result: { type: 'canceled' } }
  const undo = [
    upstream.on(path, json(state)),
    upstream.on('/v1/messages/batches', json({ data: [state, state], has_more: false })),
    upstream.on(`${path}/results`, bytes(`${JSON.stringify(line)}\n`)),
  ]
  const results = []
  for await (const result of await batchesOf(token).results('msgbatch_1')) results.push(result)
  expect(results).toEqual([line])
  expect(upstream.journal.requests.at(-1)?.header('x-api-key')).toBe(canaryKeys.anthropic)
  const { data } = await batchesOf(token).list()
  expect(data.map((batch) => batch.results_url)).toEqual([ownAddress(), ownAddress()])
  for (const each of undo) each()
})

test.each([undefined, 'gzip'] as const)('all but the address comes byte for byte (encoding: %s)', async (encoding) => {
  const write = (address: string) =>
    `{ "id":"msgbatch_1",\n\t"results_url" : "${address}", "note":"\\"results_url\\": \\"https://api.anthropic.com/a\\" ü\u{1f600}", "n": 1.0e2}\n`
  for (const from of [journey.upstream.origin, 'https://api.anthropic.com']) {
    const answer = await told(write(`${from}${path}/results`), encoding && { encoding })
    expect(answer.text).toBe(write(ownAddress()))
    expect([answer.status, answer.header('request-id')]).toEqual([200, 'req_1'])
    expect(answer.header('content-type')).toBe('application/json')
  }
})

test('addresses elsewhere, none at all, and texts that are no address stay', async () => {
  for (const value of ['"https://files.acme.test/a"', 'null', '"soon"', '""', '["https://api.anthropic.com/a"]']) {
    const written = `{"id":"msgbatch_1","results_url":${value},"name":${JSON.stringify(canaryPrompts[1])}}`
    expect((await told(written)).text).toBe(written)
  }
  expect((await told('')).text).toBe('')
})
