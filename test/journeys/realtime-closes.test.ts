import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { canaryKeys } from '../support/canary.ts'
import { vendorKeys } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { recordedErrors } from '../support/recorded-errors.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { type OpenSocket, open, refusal } from '../support/socket-client.ts'
import { json, startUpstream, type Upstream } from '../support/upstream.ts'

/** What a close frame or an error message tells of a key, once the upgrade is answered. */

const keys: Readonly<Record<string, string>> = { ...canaryKeys, ...vendorKeys }
const maxSessionsPerOrg = 3
const live = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
const routes: Readonly<Record<string, string>> = {
  assemblyai: '/v3/ws?speech_model=universal',
  gemini: live,
  openai: '/v1/realtime?model=gpt-realtime',
  elevenlabs: '/v1/speech-to-text/realtime?model_id=scribe_v2',
  sarvam: '/speech-to-text/ws?model=saaras:v4',
  deepgram: '/v1/listen?model=nova-3',
}
const providers = Object.keys(routes)

let ownkey: RunningOwnkey
let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
  ownkey = await startOwnkey({
    config: {
      providers: Object.fromEntries(providers.map((id) => [id, { baseUrl: upstream.origin }])),
      features: {
        assistant: { title: 'Assistant' },
        ears: { title: 'Transcription', capability: 'speech_to_text' },
      },
      plans: { standard: { verify: 'format_only', fallback: { mode: 'never' } } },
      gateway: { realtime: { maxSessionsPerOrg } },
    },
  })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

let orgs = 0
async function newOrg(provider: string): Promise<{ org: string; token: string }> {
  const org = `org-${++orgs}`
  await ownkey.putOrg(org)
  await ownkey.putKey(org, provider, keys[provider] as string)
  return { org, token: await ownkey.token({ org, feature: 'assistant' }) }
}
const socketOf = (provider: string, token: string) => ({
  path: `/${provider}${routes[provider]}`,
  headers: { authorization: `Bearer ${token}` },
})
const connect = (provider: string, token: string) => open(ownkey.url, socketOf(provider, token))
const entryOf = async (org: string) => (await ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0]
const statusOf = async (org: string, provider: string) => {
  const { providers: shown } = (await ownkey.api('GET', `/orgs/${org}/settings`)).body
  return shown.find(({ id }: { id: string }) => id === provider)?.keys[0].status
}

const closes = [
  ...recordedErrors
    .filter(({ transport }) => transport === 'websocket')
    .map(({ provider, status, body, class: name }) => [provider, status, String(body), name] as const),
  ['assemblyai', 1008, 'Unauthorized Connection: Your current account balance is negative', 'quota_exhausted'],
  ['assemblyai', 4001, '', 'invalid_key'],
  ['assemblyai', 4002, '', 'quota_exhausted'],
  ['assemblyai', 4029, '', 'rate_limited'],
  ['assemblyai', 3007, 'Input duration out of range', 'request_invalid'],
  ['gemini', 1007, 'API key not valid. Please pass a valid API key.', 'invalid_key'],
  ['gemini', 1008, 'Your API key was reported as leaked. Please use another API key.', 'invalid_key'],
  ['gemini', 1011, 'You exceeded your current quota, please check your plan and billing details.', 'quota_exhausted'],
  ['openai', 3000, 'invalid_request_error.invalid_api_key', 'invalid_key'],
  ['openai', 4000, 'insufficient_quota', 'quota_exhausted'],
  ['elevenlabs', 1008, 'quota_exceeded', 'quota_exhausted'],
  ['elevenlabs', 1008, 'invalid_api_key', 'invalid_key'],
  ['deepgram', 1008, 'DATA-0000', 'request_invalid'],
  ['deepgram', 1011, 'NET-0001', 'provider_error'],
] as const

describe('the close of a socket that was upgraded', () => {
  test.each(closes)('of %s with %i "%s" is %s, passed on as it came', async (provider, code, reason, name) => {
    const { org, token } = await newOrg(provider)
    const undo = upstream.onUpgrade(/./, (websocket) => websocket.close(code, reason))
    const { ended } = await connect(provider, token)
    expect(await ended).toEqual({ code, reason })
    undo()
    await expect.poll(async () => (await entryOf(org))?.errorClass).toBe(name)
  })
})

describe('a key that is found wrong only after the upgrade', () => {
  const says = [
    [
      'assemblyai',
      'by a close',
      (websocket: WebSocket) => websocket.close(1008, 'Unauthorized Connection: Invalid key'),
    ],
    ['gemini', 'by a close', (websocket: WebSocket) => websocket.close(1007, 'API key not valid.')],
    [
      'sarvam',
      'by a message',
      (websocket: WebSocket) => {
        websocket.send('{"type":"error","data":{"message":"Invalid API key","code":"invalid_api_key_error"}}')
        websocket.close(1000)
      },
    ],
    [
      'elevenlabs',
      'by a message',
      (websocket: WebSocket) => {
        websocket.send('{"message_type":"auth_error","error":"Invalid API key provided"}')
        websocket.close(1008)
      },
    ],
  ] as const

  test.each(says)(
    'by %s, %s, is known as after a 401: shown to its owner, and not tried again',
    async (provider, _how, say) => {
      const { org, token } = await newOrg(provider)
      let asked = 0
      const undo = upstream.onUpgrade(/./, (websocket) => {
        asked++
        say(websocket)
      })
      for (let call = 0; call < 2; call++) await (await connect(provider, token)).ended
      await expect.poll(() => statusOf(org, provider)).toBe('invalid')
      const notices = (await ownkey.api('GET', `/orgs/${org}/notices?state=open`)).body.items
      expect(notices.map(({ kind }: { kind: string }) => kind)).toContain('key_failing')

      const refused = await refusal(ownkey.url, socketOf(provider, token))
      expect([refused.status, refused.headers['ownkey-error']]).toEqual([401, 'invalid_key'])
      expect(refused.text).not.toContain(keys[provider])
      expect(asked).toBe(2)
      undo()
    },
  )

  test('in the middle of a session is shown to its owner all the same', async () => {
    const { org, token } = await newOrg('openai')
    const undo = upstream.onUpgrade(/./, (websocket) => {
      websocket.send('{"type":"session.created","session":{}}')
      websocket.send('{"type":"error","error":{"type":"invalid_request_error","code":"invalid_api_key","message":"x"}}')
    })
    const session = await connect('openai', token)
    await expect.poll(() => statusOf(org, 'openai')).toBe('invalid')
    session.websocket.terminate()
    undo()
  })

  test('rests for HTTP requests too, which are answered in the vendor’s shape', async () => {
    const { token } = await newOrg('openai')
    const undo = [
      upstream.onUpgrade(/./, (websocket) => websocket.close(3000, 'invalid_request_error.invalid_api_key')),
      upstream.on(/./, json({ served: true })),
    ]
    for (let call = 0; call < 2; call++) await (await connect('openai', token)).ended
    const from = upstream.journal.requests.length
    const answer = await rawCall(ownkey.url, {
      path: '/openai/v1/models',
      headers: { authorization: `Bearer ${token}` },
    })
    expect([answer.status, answer.json().error.code]).toEqual([401, 'invalid_api_key'])
    expect(upstream.journal.requests.length).toBe(from)
    for (const one of undo) one()
  })

  test('is good again as soon as a session is served', async () => {
    const { token } = await newOrg('assemblyai')
    let wrong = true
    const undo = upstream.onUpgrade(/./, (websocket) => {
      if (wrong) websocket.close(1008, 'Unauthorized Connection: Invalid key')
      else websocket.send('{"type":"Begin","id":"x"}')
    })
    const codeOf = async () => (await (await connect('assemblyai', token)).ended).code
    expect(await codeOf()).toBe(1008)
    wrong = false
    const served = await connect('assemblyai', token)
    await served.messages(1)
    wrong = true
    // One failure after a success is of the moment: the next is tried.
    expect([await codeOf(), await codeOf()]).toEqual([1008, 1008])
    served.websocket.terminate()
    undo()
  })
})

describe('how many sockets an organization has at once', () => {
  test('is limited: one more is refused in the vendor’s shape, and let in when another has ended', async () => {
    const undo = upstream.onUpgrade(/./, () => {})
    const one = await newOrg('openai')
    const other = await newOrg('openai')
    const opened: OpenSocket[] = []
    for (let i = 0; i < maxSessionsPerOrg; i++) opened.push(await connect('openai', one.token))
    const refused = await refusal(ownkey.url, socketOf('openai', one.token))
    expect([refused.status, refused.json().error.code, refused.headers['retry-after']]).toEqual([
      429,
      'rate_limited',
      '5',
    ])
    expect(refused.json().error.message).toContain(`may have ${maxSessionsPerOrg} at once`)
    const others = await connect('openai', other.token)
    opened.shift()?.websocket.close()
    let again: OpenSocket | undefined
    await expect
      .poll(async () => {
        again = await connect('openai', one.token).catch(() => undefined)
        return again !== undefined
      })
      .toBe(true)
    for (const socket of [...opened, others, again]) socket?.websocket.terminate()
    undo()
  })

  test('counts no handshake that failed', async () => {
    const { token } = await newOrg('openai')
    const undo = upstream.onUpgrade(/./, { status: 503, body: '{"error":{"message":"busy"}}' })
    for (let i = 0; i < maxSessionsPerOrg + 2; i++)
      expect((await refusal(ownkey.url, socketOf('openai', token))).status).toBe(503)
    undo()
  })
})
