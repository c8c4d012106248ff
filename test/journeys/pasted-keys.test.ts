/**
 * Threat 3: a key wherever a person or a program may put it by mistake, with everything that breaks parsers in it, at a server
 * that logs all it can. Neither an answer nor a line of the log holds any form of it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formsOf } from '../../tools/canary-search.ts'
import { canaries, canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { rawCall, rawSocket } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json, startUpstream, type Upstream } from '../support/upstream.ts'

let ownkey: RunningOwnkey
let upstream: Upstream
let token: string
beforeAll(async () => {
  upstream = await startUpstream()
  upstream.on(/./, json({ data: [] }))
  ownkey = await startOwnkey({
    process: 'child',
    env: { LOG_LEVEL: 'trace' },
    config: {
      providers: { openai: { platformKey: canaryPlatformKey, baseUrl: upstream.origin } },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: { verify: 'format_only' } },
    },
  })
  await ownkey.putOrg('acme')
  await ownkey.putKey('acme', 'openai', 'sk-of-nobody-000000000000000000000000')
  token = await ownkey.token({ org: 'acme', feature: 'assistant' })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

const forms = formsOf(canaries())
const leaked = (text: string) => {
  const bytes = Buffer.from(text)
  return forms.filter((form) => bytes.includes(form.bytes)).map(({ canary, form }) => `${canary}, ${form}`)
}

const key = canaryKeys.openai
/** The key whole in each, with something that is in no key. */
const broken: readonly (readonly [string, string])[] = [
  ['a line break', `${key}\n${key}`],
  ['a header behind it', `${key}\r\nX-Injected: 1`],
  ['a NUL', `${key}\0x`],
  ['letters of another script', `${key}ключ`],
  ['a bidi mark', `\u202e${key}\u202c\u200bx`],
  ['half of a surrogate pair', `${key}\ud800`],
  ['the colours of a terminal', `\u001b[31m${key}\u001b[0m`],
  ['ten thousand characters', key.repeat(210)],
  ['words around it', `my key is ${key} thanks`],
  ['the beginning of a JSON file', `{"private_key": "${key}`],
  ['dots in the middle', `${key}...${key}`],
]

describe.each(broken)('a key with %s', (_what, text) => {
  test.each([
    ['saved', 'PUT', '/orgs/acme/keys/openai'],
    ['given again', 'PATCH', '/orgs/acme/keys/openai'],
    ['tested', 'POST', '/orgs/acme/keys/openai/test'],
  ])('is refused when it is %s, and not repeated', async (_how, method, path) => {
    const { status, body } = await ownkey.api(method, path, { key: text })
    expect(status).toBe(400)
    expect(leaked(JSON.stringify(body))).toEqual([])
  })

  test('is not repeated from any other field, nor from a body that is no JSON', async () => {
    const bodies: readonly (readonly [string, string, unknown])[] = [
      ['PUT', '/orgs/acme/keys/openai', { [text]: 1, key: 'sk-0000000000000000000000000' }],
      ['PUT', '/orgs/acme/keys/openai', { key: { nested: text } }],
      [
        'PUT',
        '/orgs/acme/keys/openai',
        { key: 'sk-0000000000000000000000000', baseUrl: `https://x:${text}@h.example` },
      ],
      ['PUT', '/orgs/acme/keys/openai', { key: 'sk-0000000000000000000000000', environment: text }],
      ['PUT', '/orgs/acme/keys/openai', { key: 'sk-0000000000000000000000000', rotateBy: text }],
      ['POST', '/sessions/exchange', { code: text }],
      ['POST', '/tokens', { kind: text }],
    ]
    for (const [method, path, body] of bodies) {
      const answer = await ownkey.api(method, path, body)
      expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400)
      expect(leaked(JSON.stringify(answer.body)), `${method} ${path}`).toEqual([])
    }
    // Node's parser tells the beginning of what it cannot read.
    for (const raw of [`{"key": ${text}`, text, text.slice(text.indexOf('Qz7X'))]) {
      const answer = await rawCall(ownkey.url, {
        method: 'PUT',
        path: '/api/v1/orgs/acme/keys/openai',
        headers: { authorization: `Bearer ${ownkey.adminToken}`, 'content-type': 'application/json' },
        body: raw,
      })
      expect([answer.status, leaked(answer.text)]).toEqual([400, []])
    }
  })

  test('is not repeated from a header, a query or a broken request', async () => {
    const line = text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 9_000)
    const query = encodeURIComponent(text.replace('\ud800', ''))
    const bearer = `Authorization: Bearer ${token}`
    const requests = [
      `GET /api/v1/orgs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${line}\r\nConnection: close\r\n\r\n`,
      `GET /api/v1/orgs?key=${query} HTTP/1.1\r\nHost: x\r\n${bearer}\r\nConnection: close\r\n\r\n`,
      `GET /openai/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${line}\r\nConnection: close\r\n\r\n`,
      `GET /openai/v1/models?key=${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET /openai/v1/models HTTP/1.1\r\nHost: x\r\n${bearer}\r\nOwnkey-Feature: ${line}\r\nConnection: close\r\n\r\n`,
      `GET /openai/v1/models HTTP/1.1\r\nHost: x\r\n${bearer}\r\nOwnkey-${line}: 1\r\nConnection: close\r\n\r\n`,
      `GET /openai/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${text}\r\nConnection: close\r\n\r\n`,
      `${text} /openai/v1/models HTTP/1.1\r\n\r\n`,
    ]
    for (const request of requests) {
      const answer = await rawSocket(ownkey.url, request).catch(() => '')
      // What a caller names in a header of ours is told back to the caller, never more than one line of it.
      expect(answer, request.slice(0, 40)).not.toMatch(/^X-Injected/m)
      if (!request.includes('Ownkey-')) expect(leaked(answer), request.slice(0, 40)).toEqual([])
    }
  })
})

test('after all of it, at the level of trace, the log holds no form of a key', () => {
  const lines = ownkey.logged()
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.flatMap(leaked)).toEqual([])
})
