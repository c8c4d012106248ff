/** What a request meets when this machine can open no further connection: that is no fault of the provider, nor of the key. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { refusal } from '../support/socket-client.ts'
import { json, startUpstream, type Upstream } from '../support/upstream.ts'

let ownkey: RunningOwnkey
let platform: Upstream
/** What the system says of each new connection. */
let code = 'EMFILE'
let token: string
const settings = async () => (await ownkey.api('GET', '/orgs/acme/settings')).body
const keyStatus = async () => (await settings()).providers[0].keys[0].status

beforeAll(async () => {
  platform = await startUpstream()
  platform.on(/./, json({ choices: [] }))
  ownkey = await startOwnkey({
    config: {
      providers: { openai: { platformKey: canaryPlatformKey, baseUrl: platform.origin } },
      features: { assistant: { title: 'Assistant' } },
      plans: {
        standard: { verify: 'format_only', fallback: { mode: 'always' }, credits: { ownKey: 1, platformKey: 5 } },
      },
    },
    lookup: (_hostname, _options, callback) => callback(Object.assign(new Error('refused'), { code }), []),
  })
  await ownkey.putOrg('acme')
  await ownkey.api('POST', '/orgs/acme/credits', { amount: 100, reason: 'test', idempotencyKey: 'one' })
  await ownkey.putKey('acme', 'openai', canaryKeys.openai, { baseUrl: 'https://models.example.com' })
  token = await ownkey.token({ org: 'acme', feature: 'assistant' })
})
afterAll(async () => {
  await ownkey?.close()
  await platform?.close()
})

test.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])('%s ends a request as ours, and nothing else', async (found) => {
  code = found
  const before = await keyStatus()
  const answer = await rawCall(ownkey.url, nativeCalls.openai(token))
  expect([answer.status, answer.header('ownkey-error'), answer.header('retry-after')]).toEqual([
    503,
    'unavailable',
    '1',
  ])
  expect(answer.text).toContain(found)
  const socket = await refusal(ownkey.url, {
    path: '/openai/v1/realtime?model=gpt-realtime',
    headers: { authorization: `Bearer ${token}` },
  })
  expect([socket.status, socket.headers['ownkey-error']]).toEqual([503, 'unavailable'])
  const tried = await ownkey.api('POST', '/orgs/acme/keys/openai/test', {})
  expect([tried.status, tried.body.code]).toEqual([503, 'unavailable'])
  expect(platform.journal.requests).toHaveLength(0)
  const { items } = (await ownkey.api('GET', '/orgs/acme/requests')).body
  expect(items.slice(0, 2)).toMatchObject([
    { credits: 0, errorClass: null },
    { credits: 0, errorClass: null },
  ])
  expect(await keyStatus()).toBe(before)
  expect((await settings()).notices).toEqual([])
  expect((await settings()).credits.balance).toBe(100)
})

test('a connection that is refused for another reason falls back as before', async () => {
  code = 'ECONNREFUSED'
  const answer = await rawCall(ownkey.url, nativeCalls.openai(token))
  expect([answer.status, answer.header('ownkey-fallback')]).toEqual([200, 'network'])
  expect(await keyStatus()).toBe('network')
})
