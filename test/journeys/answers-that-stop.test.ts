import { type ClientRequest, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { openCall, rawCall } from '../support/raw-call.ts'
import { bytes, cut, end, hang, head, json, script, signal, tell, until, write } from '../support/upstream.ts'

/** Answers that break off, pause or go on for ever, and callers who do not wait for them. */
let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey?.close())

const events = { 'content-type': 'text/event-stream' }
const soonMs = 5_000
const api = async (path: string) => (await journey.ownkey.api('GET', path)).body
const entryOf = async (org: string) => (await api(`/orgs/${org}/requests`)).items[0]

/** Everything that came until the connection ended, however it ended. */
async function readAll(call: Parameters<typeof openCall>[1]): Promise<{ text: string; complete: boolean }> {
  const answer = await openCall(journey.ownkey.url, call)
  let text = ''
  answer.on('error', () => {}).on('data', (data) => (text += data))
  await new Promise((resolve) => answer.once('close', resolve))
  return { text, complete: answer.complete }
}

describe('an answer that breaks off', () => {
  test('gives all that came, what might have become the key included', async () => {
    const { token } = await journey.newOrg()
    const said = `data: {"choices":[]}\n\ndata: ${canaryKeys.openai.slice(0, 9)}`
    const undo = journey.upstream.on(/./, script(head(200, events), write(said), cut))
    expect(await readAll(nativeCalls.openai(token))).toEqual({ text: said, complete: false })
    undo()
  })

  test('tells no counts that only its cut makes look like the provider’s', async () => {
    const { org, token } = await journey.newOrg()
    const faked = '{"choices":[{"message":{"tool":{"usage":{"prompt_tokens":1000000,"completion_tokens":7}},'
    const undo = journey.upstream.on(/./, script(head(200, { 'content-type': 'application/json' }), write(faked), cut))
    expect((await readAll(nativeCalls.openai(token))).complete).toBe(false)
    await expect
      .poll(() => entryOf(org))
      .toMatchObject({ errorClass: 'network', inputTokens: null, outputTokens: null })
    undo()
  })
})

test.each([
  ['a stream that opens with an error that tells the key', 200, events, `data: {"error":"${canaryKeys.openai}"}\n\n`],
  ['an error without end', 500, { 'content-type': 'application/json' }, 'x'.repeat(300 * 1024)],
])('%s is answered, and its connection closed', async (_, status, headers, said) => {
  const { token } = await journey.newOrg()
  const { journal } = journey.upstream
  const order = journal.requests.length
  const undo = journey.upstream.on(/./, script(head(status, headers), write(said), hang))
  const answer = await rawCall(journey.ownkey.url, nativeCalls.openai(token))
  expect(answer.body.toString()).not.toContain(canaryKeys.openai)
  expect(await (await journal.request(order)).ended).toMatchObject({ how: 'closed_by_peer' })
  undo()
})

test('a stream that sends nothing but preamble is passed on after some seconds, before it goes on', async () => {
  const { token } = await journey.newOrg()
  const goOn = signal()
  const undo = journey.upstream.on(
    /./,
    script(head(200, events), write(': wait\n\n'), until(goOn.raised), write('data: {"choices":[]}\n\n'), end()),
  )
  const answer = await openCall(journey.ownkey.url, nativeCalls.openai(token))
  let text = ''
  answer.on('data', (data) => (text += data))
  await expect.poll(() => text).toBe(': wait\n\n')
  goOn.raise()
  await new Promise((resolve) => answer.once('end', resolve))
  expect(text).toBe(': wait\n\ndata: {"choices":[]}\n\n')
  undo()
})

test('an answer that something was not modified passes as it came', async () => {
  const { token } = await journey.newOrg()
  const undo = journey.upstream.on(/./, bytes('', { status: 304, headers: { etag: '"one"' } }))
  const headers = { authorization: `Bearer ${token}`, 'if-none-match': '"one"' }
  expect((await rawCall(journey.ownkey.url, { path: '/openai/v1/models', headers })).status).toBe(304)
  undo()
})

test('a caller who leaves before the answer has proved nothing of the key', async () => {
  const { org, token } = await journey.newOrg()
  const statusOf = async () => {
    const { providers } = await api(`/orgs/${org}/settings`)
    return providers.find(({ id }: { id: string }) => id === 'openai').keys[0].status
  }
  const before = await statusOf()
  const here = signal()
  const undo = journey.upstream.on(
    /./,
    script(
      tell(() => here.raise()),
      hang,
    ),
  )
  const call = leave(token)
  await here.raised
  call.destroy()
  await expect.poll(() => entryOf(org)).toMatchObject({ state: 'released', status: null, errorClass: null })
  expect(await statusOf()).toBe(before)
  undo()
})

function leave(token: string): ClientRequest {
  const headers = { authorization: `Bearer ${token}` }
  return request(`${journey.ownkey.url}/openai/v1/models`, { headers, agent: false })
    .on('error', () => {})
    .end()
}

describe('an answer that goes on after it has failed is left', () => {
  const failed = '{"error":{"code":"invalid_api_key","message":"no"}}'
  test.each([
    ['an error that opens a stream', script(head(200, events), write(`data: ${failed}\n\n`), hang)],
    [
      'an error of 300 KB without an end',
      script(head(401, { 'content-type': 'application/json' }), write(`{"more":"${'x'.repeat(300 * 1024)}"`), hang),
    ],
  ])('%s', async (_what, answer) => {
    const { token } = await journey.newOrg('falling')
    const undo = [
      journey.upstream.on(/./, json({ served: 'platform' })),
      journey.upstream.on((one) => one.header('authorization') === `Bearer ${canaryKeys.openai}`, answer),
    ]
    const order = journey.upstream.journal.requests.length
    const served = await rawCall(journey.ownkey.url, nativeCalls.openai(token))
    expect([served.status, served.header('ownkey-key-source')]).toEqual([200, 'platform'])
    const at = performance.now()
    const left = await (await journey.upstream.journal.request(order)).ended
    expect(left.how).toBe('closed_by_peer')
    expect(left.at - at).toBeLessThan(soonMs)
    for (const one of undo) one()
  })
})
