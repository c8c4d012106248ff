import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { hang, json, type Responder, signal } from '../support/upstream.ts'

const limit = 3
let journey: Journey
beforeAll(async () => {
  journey = await startJourney({ more: { gateway: { maxRequestsPerOrg: limit } } })
})
afterAll(() => journey.close())

const call = (token: string, path = '/openai/v1/chat/completions') => ({
  method: 'POST',
  path,
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: '{"model":"gpt-4o-mini","messages":[]}',
})

test('an organization has so many requests under way, and one more is refused until one has ended', async () => {
  const release = signal()
  const answer: Responder['answer'] = async (exchange) => {
    await release.raised
    return json({ ok: true })(exchange)
  }
  const undo = journey.upstream.on(/./, answer)
  const [one, other] = [await journey.newOrg(), await journey.newOrg()]
  const before = journey.upstream.journal.requests.length
  const waiting = Array.from({ length: limit }, () => rawCall(journey.ownkey.url, call(one.token)))
  await journey.upstream.journal.request(before + limit - 1)

  const refused = await rawCall(journey.ownkey.url, call(one.token))
  expect([refused.status, refused.header('retry-after'), refused.header('ownkey-error')]).toEqual([
    429,
    '1',
    'rate_limited',
  ])
  expect(refused.json().error).toMatchObject({
    code: 'rate_limited',
    message: expect.stringContaining(`${limit} requests`),
  })
  const inOtherWords = await rawCall(journey.ownkey.url, call(one.token, '/anthropic/v1/messages'))
  expect(inOtherWords.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
  const others = rawCall(journey.ownkey.url, call(other.token))
  await journey.upstream.journal.request(before + limit)

  release.raise()
  for (const answered of [...waiting, others]) expect((await answered).status).toBe(200)
  expect((await rawCall(journey.ownkey.url, call(one.token))).status).toBe(200)
  undo()
})

test('what ends in a refusal, a failure or with its caller gives its place back', async () => {
  const { token } = await journey.newOrg()
  const undo = journey.upstream.on(/./, json({ error: { message: 'busy' } }, { status: 503 }))
  for (let n = 0; n <= limit; n++) expect((await rawCall(journey.ownkey.url, call(token))).status).toBe(503)
  for (let n = 0; n <= limit; n++)
    expect((await rawCall(journey.ownkey.url, { ...call(token), path: '/openai/v1/x', body: '' })).status).not.toBe(429)
  undo()
  const undoHang = journey.upstream.on(/./, hang)
  for (let n = 0; n <= limit; n++) {
    const order = journey.upstream.journal.requests.length
    const { hostname, port } = new URL(journey.ownkey.url)
    const { headers, path, method, body } = call(token)
    const leaving = request({ hostname, port, method, path, headers, agent: false }).on('error', () => undefined)
    leaving.end(body)
    const sent = await journey.upstream.journal.request(order)
    leaving.destroy()
    expect((await sent.ended).how).toBe('closed_by_peer')
  }
  undoHang()
})
