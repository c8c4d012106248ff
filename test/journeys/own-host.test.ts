import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney({ more: { gateway: { privateHosts: ['127.0.0.1'] } } })
})
afterAll(() => journey.close())

const targets = () => journey.upstream.journal.requests.map(({ target }) => target)
const listModels = async (org: string) => {
  const token = await journey.ownkey.token({ org, feature: 'assistant' })
  return rawCall(journey.ownkey.url, {
    method: 'GET',
    path: '/openai/v1/models?limit=1',
    headers: { authorization: `Bearer ${token}` },
  })
}

test('the path of a customer’s base URL stands before the provider’s own, in tests as in requests', async () => {
  const { ownkey, upstream } = journey
  upstream.on(/./, json({ data: [] }))
  await ownkey.putOrg('own-host')
  await ownkey.putKey('own-host', 'openai', canaryKeys.openai, { baseUrl: `${upstream.origin}/proxy/openai/` })
  expect((await listModels('own-host')).status).toBe(200)
  expect(targets().at(-1)).toBe('/proxy/openai/v1/models?limit=1')

  // Another path on the same host needs no new key, and counts from the next request on.
  const moved = await ownkey.api('PATCH', '/orgs/own-host/keys/openai', { baseUrl: `${upstream.origin}/second` })
  expect(moved.status).toBe(200)
  expect((await listModels('own-host')).status).toBe(200)
  expect(targets().at(-1)).toBe('/second/v1/models?limit=1')

  await ownkey.api('POST', '/orgs/own-host/keys/openai/test')
  expect(targets().at(-1)).toMatch(/^\/second\//)
})
