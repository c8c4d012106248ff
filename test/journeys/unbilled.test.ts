import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

/** What costs nothing, told apart from what costs something that nobody knows. */
let journey: Journey
beforeAll(async () => {
  journey = await startJourney({ more: { plans: { capped: { verify: 'format_only', caps: [{ limit: 1 }] } } } })
})
afterAll(() => journey?.close())

async function send(token: string, method: string, path: string, body?: object): Promise<number> {
  const { status } = await rawCall(journey.ownkey.url, {
    method,
    path,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  return status
}

const total = async (org: string) => (await journey.ownkey.api('GET', `/orgs/${org}/usage`)).body.total
const latest = async (org: string) => (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0]

async function table(org: string): Promise<string> {
  const { url, adminToken } = journey.ownkey
  const headers = { authorization: `Bearer ${adminToken}`, accept: 'text/csv' }
  return (await rawCall(url, { path: `/api/v1/orgs/${org}/requests`, headers })).text
}

describe('a request for which the provider bills nothing', () => {
  const free = [
    ['a listing', 'GET', '/openai/v1/models', 'USD'],
    ['an upload', 'POST', '/openai/v1/files', 'USD'],
    ['a part of an upload', 'POST', '/openai/v1/uploads/upload_1/parts', 'USD'],
    ['a deletion', 'DELETE', '/openai/v1/files/file_1', 'USD'],
    ['a look at a batch', 'GET', '/openai/v1/batches/batch_1', 'USD'],
    ['the end of a batch', 'POST', '/openai/v1/batches/batch_1/cancel', 'USD'],
    ['the end of a batch', 'POST', '/anthropic/v1/messages/batches/batch_1/cancel', 'USD'],
    ['counting', 'POST', '/anthropic/v1/messages/count_tokens', 'USD'],
    ['a route that the catalogue does not list, read', 'GET', '/elevenlabs/v1/workspace', 'USD'],
    ['a listing in another currency', 'GET', '/sarvam/v1/models', 'INR'],
  ] as const

  test.each(free)('%s: %s %s costs 0 %s, and is not unpriced', async (_what, method, path, currency) => {
    const { org, token } = await journey.newOrg('capped')
    const undo = journey.upstream.on(/./, json({ id: 'x', object: 'x' }))
    expect(await send(token, method, path, method === 'POST' ? { name: 'x' } : undefined)).toBe(200)
    expect(await latest(org)).toMatchObject({ cost: { currency, amount: '0' }, estimated: false })
    expect(await total(org)).toMatchObject({ attempts: 1, unpriced: 0, costs: [{ currency, amount: '0' }] })
    expect(await table(org)).toMatch(new RegExp(`,0,${currency}\\r?\\n$`))
    undo()
  })

  test('that fails has no cost', async () => {
    const { org, token } = await journey.newOrg('capped')
    const undo = journey.upstream.on(/./, json({ error: { message: 'none' } }, { status: 404 }))
    expect(await send(token, 'GET', '/openai/v1/files/file_1')).toBe(404)
    expect(await latest(org)).toMatchObject({ cost: null })
    undo()
  })
})

describe('a request for which the provider bills what cannot be counted', () => {
  test.each([
    ['a batch', '/openai/v1/batches'],
    ['sound', '/elevenlabs/v1/sound-generation'],
    ['a picture', '/gemini/v1beta/models/imagen-4:predict'],
    ['a route that the catalogue does not list', '/openai/v1/videos'],
    ['a film that is made later', '/gemini/v1beta/models/veo-3:predictLongRunning'],
    ['a dubbing', '/elevenlabs/v1/dubbing'],
    ['a transcription that a webhook tells', '/elevenlabs/v1/speech-to-text?webhook=true'],
    ['speech that is written down later', '/sarvam/speech-to-text/job/v1'],
    ['a model that nobody has a price for', '/openai/v1/chat/completions'],
  ])('%s at %s is unpriced', async (_what, path) => {
    const { org, token } = await journey.newOrg('capped')
    const undo = journey.upstream.on(/./, json({ id: 'x', usage: { prompt_tokens: 1, completion_tokens: 1 } }))
    expect(await send(token, 'POST', path, { model: 'unheard-of', text: 'x' })).toBe(200)
    expect(await latest(org)).toMatchObject({ cost: null })
    expect(await total(org)).toMatchObject({ attempts: 1, unpriced: 1, costs: [] })
    undo()
  })
})
