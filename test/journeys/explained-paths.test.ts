/** `explain` with a path says what a request to that path meets: asked, and then sent. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json, startUpstream, type Upstream } from '../support/upstream.ts'

const providers = ['openai', 'anthropic', 'elevenlabs', 'assemblyai', 'sarvam', 'cohere'] as const
const routes: Readonly<Record<string, object>> = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'Hello' }] },
  '/v1/embeddings': { input: 'Hello' },
  '/v1/audio/speech': { input: 'Hello', voice: '21m00Tcm4TlvDq8ikWAM' },
}

let ownkey: RunningOwnkey
let upstream: Upstream
let token: string
beforeAll(async () => {
  upstream = await startUpstream()
  upstream.on(/./, json({ error: { message: 'reached' } }, { status: 418 }))
  const provider = { platformKey: canaryPlatformKey, baseUrl: upstream.origin }
  ownkey = await startOwnkey({
    config: {
      providers: Object.fromEntries(providers.map((id) => [id, provider])),
      features: {
        anything: { title: 'Anything' },
        transcripts: { title: 'Transcripts', capability: 'speech_to_text', providers: ['assemblyai'] },
      },
      plans: { standard: {} },
    },
  })
  await ownkey.putOrg('acme')
  token = await ownkey.token({ org: 'acme' })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

const explain = (body: object) => ownkey.api('POST', '/orgs/acme/explain', { feature: 'anything', ...body })
async function send(path: string, body: object, feature = 'anything') {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'ownkey-feature': feature,
  }
  return rawCall(ownkey.url, { method: 'POST', path, headers, body: JSON.stringify(body) })
}

test.each(providers.flatMap((provider) => Object.keys(routes).map((path) => [provider, path] as const)))(
  'whether %s does %s',
  async (provider, path) => {
    const model = `${provider}/some-model`
    const { status, body } = await explain({ path, model, preflight: true })
    expect(status).toBe(200)
    const before = upstream.journal.requests.length
    const sent = await send(path, { ...routes[path], model })
    const isServed = upstream.journal.requests.length > before
    expect([body.allowed, body.attempts.length > 0], sent.text).toEqual([isServed, isServed])
    if (isServed) expect(body.attempts[0].provider).toBe(provider)
    else {
      expect(body.refusal.code).toBe('request_invalid')
      expect(sent.text).toContain(body.refusal.reason)
    }
  },
)

test('a provider whose route is another one is told so, and serves on its own path', async () => {
  const asked = { feature: 'transcripts' }
  expect((await explain(asked)).body.attempts).toHaveLength(1)
  const refused = (await explain({ ...asked, path: '/v1/audio/transcriptions' })).body
  expect(refused).toMatchObject({ attempts: [], refusal: { code: 'request_invalid' } })
  expect(refused.refusal.reason).toBe('AssemblyAI cannot do /v1/audio/transcriptions.')
  const own = (await explain({ ...asked, path: '/assemblyai/v2/transcript' })).body
  expect(own.attempts).toMatchObject([{ provider: 'assemblyai' }])
  expect((await send('/assemblyai/v2/transcript', { audio_url: 'https://a.test/a.mp3' }, 'transcripts')).status).toBe(
    418,
  )
})

test.each([
  [{ path: '/nobody/v1/chat' }, 'No request to this path is decided on.'],
  [{ path: '/v1/models' }, 'No request to this path is decided on.'],
  [{ path: '/v1' }, 'No request to this path is decided on.'],
  [
    { path: '/openai/v1/responses', provider: 'anthropic' },
    'It is the path of another provider than "provider" names.',
  ],
])('%j is refused', async (asked, detail) => {
  const { status, body } = await explain(asked)
  expect([status, body.code, body.errors]).toEqual([
    400,
    'request_invalid',
    [expect.objectContaining({ field: 'body.path', detail })],
  ])
})
