import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { readAnswer } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
  journey.upstream.on(/./, json({ id: 'x', choices: [{ index: 0, message: { role: 'assistant', content: 'x' } }] }))
})
afterAll(() => journey.close())

const body = '{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}]}'
/** Longer than what is known of a token when a request begins is taken for known. */
const tokenIsLookedAtAgainMs = 1_100

/** A request that stands in the gateway with its head and half of its body. */
async function halfSent(token: string, path: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const call = request(`${journey.ownkey.url}${path}`, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-length': body.length, expect: '100-continue' },
  })
  const answered = once(call, 'response') as Promise<[IncomingMessage]>
  call.flushHeaders()
  await once(call, 'continue')
  call.write(body.slice(0, 20))
  return {
    async finish() {
      call.end(body.slice(20))
      const [incoming] = await answered
      return readAnswer(incoming)
    },
  }
}

interface Change {
  act(org: string, tokenId: string): Promise<{ status: number }>
  /** On a plan that has no other key to use. */
  expected: [status: number, code: string]
}

const api = (method: string, path: string, value?: object) => journey.ownkey.api(method, path, value)
const changes: Readonly<Record<string, Change>> = {
  'its key is removed': { act: (org) => api('DELETE', `/orgs/${org}/keys/openai`), expected: [403, 'missing_key'] },
  'its key is disabled': {
    act: (org) => api('POST', `/orgs/${org}/keys/openai/disable`),
    expected: [403, 'missing_key'],
  },
  'its organization may bring no keys any more': {
    act: (org) => api('PUT', `/orgs/${org}`, { name: 'x', plan: 'required', byokEnabled: false }),
    expected: [403, 'byok_disabled'],
  },
  'its organization is deleted': { act: (org) => api('DELETE', `/orgs/${org}`), expected: [404, 'org_unknown'] },
  'its token is revoked': {
    act: (_org, id) => api('DELETE', `/tokens/${id}`),
    expected: [401, 'token_invalid'],
  },
}

describe.each(['/openai/v1/chat/completions', '/v1/chat/completions'])(
  'a request to %s that waits for its body',
  (path) => {
    test.each(Object.keys(changes))('reaches nobody when meanwhile %s', async (name) => {
      const { act, expected } = changes[name] as Change
      const { org } = await journey.newOrg('required')
      const { id, token } = (await api('POST', '/tokens', { kind: 'access', org, feature: 'assistant' })).body
      const from = journey.upstream.journal.requests.length
      const waiting = await halfSent(token, path)
      expect((await act(org, id)).status).toBeLessThan(300)
      if (name.includes('token')) await pause(tokenIsLookedAtAgainMs)
      const answer = await waiting.finish()
      expect([answer.status, answer.header('ownkey-error')]).toEqual(expected)
      expect(journey.upstream.journal.requests.length).toBe(from)
    })

    test('is served by the platform’s key, where the plan has it, when its own is removed', async () => {
      const { org, token } = await journey.newOrg()
      const from = journey.upstream.journal.requests.length
      const waiting = await halfSent(token, path)
      await api('DELETE', `/orgs/${org}/keys/openai`)
      const answer = await waiting.finish()
      expect([answer.status, answer.header('ownkey-key-source')]).toEqual([200, 'platform'])
      const sent = journey.upstream.journal.requests.slice(from)
      expect(sent.map((one) => one.header('authorization')?.includes(canaryKeys.openai))).toEqual([false])
    })

    test('is served when its token expires meanwhile, and by its key when something else changes', async () => {
      const { org } = await journey.newOrg('required')
      const made = await api('POST', '/tokens', { kind: 'access', org, feature: 'assistant', expiresIn: 1 })
      const waiting = await halfSent(made.body.token, path)
      await api('PATCH', `/orgs/${org}/keys/openai`, { label: 'another' })
      await pause(tokenIsLookedAtAgainMs)
      const answer = await waiting.finish()
      expect([answer.status, answer.header('ownkey-key-source')]).toEqual([200, 'organization'])
    })
  },
)
