/** Promises about what must never happen, tried so often that it would: P3, rows 20 and 26 of the table of threats. */
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChild } from '../support/child.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json, sse } from '../support/upstream.ts'
import { rounds } from './stage.ts'

const often = rounds > 1
const nonces = often ? 1_000_000 : 40_000
const interleaved = often ? 100_000 : 2_000
const aborted = often ? 100_000 : 500
const orgs = 100

test(`${nonces} encryptions by four processes share no nonce`, async () => {
  const children = Array.from({ length: 4 }, () => startChild('seal-many', [String(nonces / 4)]))
  await Promise.all(children.map(({ ended }) => ended))
  const drawn = children.flatMap(({ lines }) => lines)
  expect(drawn).toHaveLength(nonces)
  expect(new Set(drawn).size).toBe(nonces)
}, 600_000)

/** Each has a key of its own; the number in it tells whose. */
const keyOf = (org: number) => `sk-proj-of-${String(org).padStart(4, '0')}-${'k'.repeat(30)}`

let journey: Journey
const tokens: string[] = []
beforeAll(async () => {
  journey = await startJourney({ database: 'postgres', upstream: { keepBodyBytes: 1_000 } })
  for (let org = 0; org < orgs; org++) {
    await journey.ownkey.putOrg(`interleaved-${org}`)
    await journey.ownkey.putKey(`interleaved-${org}`, 'openai', keyOf(org))
    tokens.push(await journey.ownkey.token({ org: `interleaved-${org}`, feature: 'assistant' }))
  }
}, 120_000)
afterAll(() => journey?.close())

/** One request; again where an overloaded machine had it refused before it was sent. */
async function persist(call: () => ReturnType<typeof rawCall>): ReturnType<typeof rawCall> {
  for (let tries = 0; ; tries++) {
    const answer = await call()
    if (answer.header('ownkey-error') !== 'unavailable' || tries === 20) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The journal would hold every request: it is emptied as it is read. */
const forget = () => journey.upstream.journal.requests.splice(0)

test(`of ${interleaved} interleaved requests of ${orgs} organizations none is sent with another's key`, async () => {
  let wrong = 0
  let seen = 0
  journey.upstream.on('/v1/chat/completions', (exchange) => {
    seen++
    const { user } = exchange.request.json() as { user: number }
    if (exchange.request.header('authorization') !== `Bearer ${keyOf(user)}`) wrong++
    return json({ choices: [], user })(exchange)
  })
  let next = 0
  const caller = async () => {
    while (next < interleaved) {
      const number = next++
      const org = (number * 37) % orgs
      const answer = await persist(() =>
        rawCall(journey.ownkey.url, {
          method: 'POST',
          path: '/openai/v1/chat/completions',
          headers: { authorization: `Bearer ${tokens[org]}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'gpt-4o', messages: [], user: org }),
        }),
      )
      expect(answer.json().user).toBe(org)
      // Now and then a key is replaced by itself, so that versions change under the load.
      if (number % 500 === 499) await journey.ownkey.putKey(`interleaved-${org}`, 'openai', keyOf(org))
      if (number % 1_000 === 0) forget()
    }
  }
  await Promise.all(Array.from({ length: 32 }, caller))
  expect([seen, wrong]).toEqual([interleaved, 0])
}, 1_200_000)

test(`${aborted} aborted requests leave no foreign bytes to those that go on`, async () => {
  forget()
  journey.upstream.on('/v1/aborted', (exchange) => {
    exchange.response.writeHead(200, { 'content-type': 'text/event-stream' })
    exchange.response.write('data: {"choices":[],"foreign":true}\n\n')
    return new Promise<void>((resolve) => exchange.response.once('close', resolve))
  })
  journey.upstream.on('/v1/whole', (exchange) =>
    sse([{ data: { choices: [], id: exchange.request.header('x-number') } }, '[DONE]'])(exchange),
  )
  const { hostname, port } = new URL(journey.ownkey.url)
  const abort = (number: number) =>
    new Promise<void>((resolve) => {
      const call = request({
        hostname,
        port,
        method: 'POST',
        path: '/openai/v1/aborted',
        headers: { authorization: `Bearer ${tokens[number % orgs]}`, 'content-type': 'application/json' },
        agent: false,
      })
      call.on('error', () => {})
      call.on('close', () => resolve())
      // Some leave before the first byte, some in the middle.
      if (number % 2 === 0)
        call.on('response', (answer) => answer.on('error', () => {}).once('data', () => call.destroy()))
      else call.on('socket', (socket) => socket.once('connect', () => setImmediate(() => call.destroy())))
      call.end('{}')
    })
  let next = 0
  const caller = async () => {
    while (next < aborted) {
      const number = next++
      await abort(number)
      if (number % 10 === 0) {
        const answer = await persist(() =>
          rawCall(journey.ownkey.url, {
            method: 'POST',
            path: '/openai/v1/whole',
            headers: { authorization: `Bearer ${tokens[number % orgs]}`, 'x-number': String(number) },
            body: '{}',
          }),
        )
        expect(answer.text).toBe(`data: {"choices":[],"id":"${number}"}\n\ndata: [DONE]\n\n`)
      }
      if (number % 1_000 === 0) forget()
    }
  }
  await Promise.all(Array.from({ length: 32 }, caller))
  // What was aborted is not held open towards the provider either.
  await expect
    .poll(
      () => journey.upstream.journal.requests.filter(({ path, ending }) => path === '/v1/aborted' && !ending).length,
      {
        timeout: 10_000,
      },
    )
    .toBe(0)
}, 1_800_000)
