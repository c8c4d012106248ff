import { createVerify, generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { open, refusal } from '../support/socket-client.ts'
import { json, type RecordedRequest, signal, startUpstream, type Upstream } from '../support/upstream.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const platformKey = 'AQ.platform-key-of-express-mode-00001'

/** As Google gives it: indented, with line breaks. */
const file = (more: object = {}) =>
  JSON.stringify(
    {
      type: 'service_account',
      project_id: 'acme',
      private_key_id: '0123456789abcdef0123456789abcdef0123beef',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: 'ownkey@acme.iam.gserviceaccount.com',
      token_uri: 'https://attacker.test/token',
      ...more,
    },
    null,
    2,
  )

let ownkey: RunningOwnkey
let vertex: Upstream
let tokens: Upstream
let undo: (() => void)[] = []
beforeAll(async () => {
  tokens = await startUpstream()
  vertex = await startUpstream()
  ownkey = await startOwnkey({
    config: {
      providers: { vertex: { platformKey, baseUrl: vertex.origin, tokenUrl: `${tokens.origin}/token` } },
      features: { assistant: { title: 'Assistant' } },
      plans: {
        standard: { verify: 'on_save', fallback: { mode: 'never' } },
        alone: { verify: 'format_only', fallback: { mode: 'never' } },
        falling: { verify: 'format_only', fallback: { mode: 'always' } },
        required: { verify: 'format_only', providers: { '*': 'required' } },
      },
    },
  })
  vertex.on(/./, json({ candidates: [], models: [] }))
})
afterAll(async () => {
  await ownkey?.close()
  await vertex?.close()
  await tokens?.close()
})
afterEach(() => {
  for (const one of undo.splice(0)) one()
  undo = []
})

let minted = 0
const mint = () =>
  undo.push(
    tokens.on('POST /token', ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ access_token: `ya29.minted-${++minted}`, expires_in: 3599 }))
    }),
  )
const refuse = () =>
  undo.push(
    tokens.on(
      'POST /token',
      json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, { status: 400 }),
    ),
  )
const generate = async (org: string) => {
  const token = await ownkey.token({ org, feature: 'assistant' })
  return rawCall(ownkey.url, {
    method: 'POST',
    path: '/vertex/v1/projects/acme/locations/global/publishers/google/models/gemini-2.5-flash:generateContent',
    headers: { 'x-goog-api-key': token, 'content-type': 'application/json' },
    body: '{"contents":[]}',
  })
}
const credentials = (request: RecordedRequest | undefined) => [
  request?.header('authorization'),
  request?.header('x-goog-api-key'),
]

describe('a service account’s file as a key', () => {
  test('is taken as it was downloaded, tested with a token, and shown by the id of its key', async () => {
    mint()
    await ownkey.putOrg('acme')
    const saved = await ownkey.api('PUT', '/orgs/acme/keys/vertex', { key: `\n${file()}\n` })
    expect(saved.body).toMatchObject({ status: 'valid', last4: 'beef' })
    expect(saved.body.hint).toMatch(/beef$/)
    expect(JSON.stringify(saved.body)).not.toContain('PRIVATE KEY')
    const asked = tokens.journal.requests.at(-1)
    const form = new URLSearchParams(asked?.body().toString())
    const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    expect(createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(
      true,
    )
    expect(credentials(vertex.journal.requests.at(-1))).toEqual([`Bearer ya29.minted-${minted}`, undefined])
  })

  test('serves requests with one token for all of them, and never goes out itself', async () => {
    mint()
    const from = tokens.journal.requests.length
    const answers = await Promise.all(Array.from({ length: 20 }, () => generate('acme')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(answers[0]?.header('ownkey-key-source')).toBe('organization')
    expect(tokens.journal.requests.length - from).toBeLessThanOrEqual(1)
    for (const request of vertex.journal.requests) {
      expect(`${JSON.stringify(credentials(request))}${request.body().toString()}`).not.toContain('PRIVATE KEY')
      expect(credentials(request)[0]).toMatch(/^Bearer ya29\.minted-/)
    }
  })

  test.each(['request', 'socket'])('serves no %s when it was removed while its token was made', async (kind) => {
    const goOn = signal()
    undo.push(
      tokens.on('POST /token', async ({ response }) => {
        await goOn.raised
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ access_token: 'ya29.late', expires_in: 3599 }))
      }),
    )
    const org = `late-${kind}`
    await ownkey.putOrg(org, { plan: 'required' })
    await ownkey.putKey(org, 'vertex', file({ client_email: `${org}@acme.iam.gserviceaccount.com` }))
    const [asked, served] = [tokens.journal.requests.length, vertex.journal.requests.length]
    const path = '/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent'
    const headers = { authorization: `Bearer ${await ownkey.token({ org, feature: 'assistant' })}` }
    const answer = kind === 'request' ? generate(org) : refusal(ownkey.url, { path: `/vertex${path}`, headers })
    await tokens.journal.request(asked)
    expect((await ownkey.api('DELETE', `/orgs/${org}/keys/vertex`)).status).toBe(204)
    goOn.raise()
    expect((await answer).status).toBe(403)
    expect(vertex.journal.requests.length).toBe(served)
  })

  test('opens sockets with a token too, and a refusal of one is answered before the upgrade', async () => {
    mint()
    const path = '/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent'
    undo.push(vertex.onUpgrade(path, (websocket) => websocket.send('{"setupComplete":{}}')))
    const token = await ownkey.token({ org: 'acme', feature: 'assistant' })
    const headers = { authorization: `Bearer ${token}` }
    const socket = await open(ownkey.url, { path: `/vertex${path}`, headers })
    await socket.messages(1)
    socket.websocket.close()
    const [authorization, apiKey] = credentials(vertex.journal.requests.at(-1))
    expect([authorization, apiKey]).toEqual([expect.stringMatching(/^Bearer ya29\.minted-/), undefined])

    refuse()
    await ownkey.putOrg('sockets', { plan: 'alone' })
    await ownkey.putKey('sockets', 'vertex', file({ client_email: 'gone@acme.iam.gserviceaccount.com' }))
    const other = { authorization: `Bearer ${await ownkey.token({ org: 'sockets', feature: 'assistant' })}` }
    const from = vertex.journal.requests.length
    const refused = await refusal(ownkey.url, { path: `/vertex${path}`, headers: other })
    expect([refused.status, refused.json().error.status]).toEqual([401, 'UNAUTHENTICATED'])
    expect(vertex.journal.requests.length).toBe(from)
  })

  test('serves the one dialect in its own project, at the place of the key’s region', async () => {
    mint()
    await ownkey.putOrg('dialect', { plan: 'alone' })
    await ownkey.putKey('dialect', 'vertex', file({ client_email: 'one@acme.iam.gserviceaccount.com' }))
    const answer = {
      candidates: [{ content: { parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 },
    }
    undo.push(vertex.on(/generateContent/, json(answer)))
    const told = await rawCall(ownkey.url, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: `Bearer ${await ownkey.token({ org: 'dialect', feature: 'assistant' })}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ model: 'vertex/gemini-2.5-pro', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    expect([told.status, told.json().choices?.[0].message.content]).toEqual([200, 'Hello'])
    const sent = vertex.journal.requests.at(-1)
    expect(sent?.target).toBe(
      '/v1/projects/acme/locations/global/publishers/google/models/gemini-2.5-pro:generateContent',
    )
    expect(credentials(sent)[0]).toMatch(/^Bearer ya29\.minted-/)
  })

  test('of express mode goes into the header that it has on every route', async () => {
    const path = '/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent'
    undo.push(vertex.onUpgrade(path, (websocket) => websocket.close(1000)))
    await ownkey.putOrg('express')
    await ownkey.putKey('express', 'vertex', 'AQ.own-key-of-express-mode-000000001')
    const token = await ownkey.token({ org: 'express', feature: 'assistant' })
    await (await open(ownkey.url, { path: `/vertex${path}`, headers: { 'x-goog-api-key': token } })).ended
    expect(credentials(vertex.journal.requests.at(-1))).toEqual([undefined, 'AQ.own-key-of-express-mode-000000001'])
  })

  test('that is refused is not saved, and later fails as an invalid key without a request', async () => {
    refuse()
    const other = file({ client_email: 'gone@acme.iam.gserviceaccount.com' })
    const refused = await ownkey.api('PUT', '/orgs/acme/keys/vertex', { key: other })
    expect([refused.status, refused.body.code]).toEqual([422, 'key_rejected'])
    await ownkey.putOrg('strict', { plan: 'falling' })
    await ownkey.putKey('strict', 'vertex', other)
    const from = vertex.journal.requests.length
    const answer = await generate('strict')
    expect([answer.status, answer.header('ownkey-fallback'), answer.header('ownkey-key-source')]).toEqual([
      200,
      'invalid_key',
      'platform',
    ])
    expect(vertex.journal.requests.slice(from).map(credentials)).toEqual([[undefined, platformKey]])
  })

  test('whose token host is silent is a network failure, never an invalid key', async () => {
    undo.push(tokens.on('POST /token', json({}, { status: 503 })))
    const third = file({ client_email: 'third@acme.iam.gserviceaccount.com' })
    const saved = await ownkey.api('PUT', '/orgs/acme/keys/vertex', { key: third })
    expect(saved.body.status).toBe('network')
    const answer = await generate('acme')
    expect([answer.status, answer.header('ownkey-error')]).toEqual([502, 'upstream_unreachable'])
  })

  test('that is not whole is refused at once, and a file is no key of others', async () => {
    const from = tokens.journal.requests.length
    for (const key of [file().slice(0, -20), '{"a":', `${file()} and more`]) {
      const answer = await ownkey.api('PUT', '/orgs/acme/keys/vertex', { key })
      expect([answer.status, answer.body.code]).toEqual([400, 'key_malformed'])
      expect(JSON.stringify(answer.body)).not.toContain('PRIVATE')
    }
    expect((await ownkey.api('PUT', '/orgs/acme/keys/openai', { key: file() })).body.code).toBe('key_malformed')
    expect(tokens.journal.requests.length).toBe(from)
  })
})
