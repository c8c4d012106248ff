import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { fiveProviders, journeyConfig } from '../support/journey.ts'
import { type RawRequest, rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { type HeaderPairs, json, startUpstream, type Upstream } from '../support/upstream.ts'

let upstream: Upstream
let ownkey: RunningOwnkey
let token: string

beforeAll(async () => {
  upstream = await startUpstream()
  upstream.on(/./, json({ ok: true }))
  const models = { refuse: [{ match: 'dear*', reason: 'the platform does not pay for it' }] }
  const provider = { platformKey: canaryPlatformKey, baseUrl: upstream.origin, models }
  const providers = Object.fromEntries([...fiveProviders, 'openrouter', 'assemblyai'].map((id) => [id, provider]))
  ownkey = await startOwnkey({ config: journeyConfig(upstream.origin, { providers }) })
  await ownkey.putOrg('acme')
  token = await ownkey.token({ org: 'acme', feature: 'assistant' })
})
beforeEach(() => {
  upstream.journal.requests.length = 0
})
afterAll(async () => {
  await ownkey.close()
  await upstream.close()
})

function ask(path: string, { body, headers = {}, method = 'POST' }: Partial<RawRequest> & { body?: string } = {}) {
  const all = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers }
  return rawCall(ownkey.url, { method, path, headers: all, body: body ?? '{}' })
}

const dear = '{"model":"dear-1"}'
const form = (field: string, value: string) =>
  `--B\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n--B--\r\n`
const asFormInCapitals = { 'content-type': 'Multipart/Form-Data; boundary=B' }
const asForm = { 'content-type': 'multipart/form-data; boundary=B' }

test.each<[string, Parameters<typeof ask>[1]?]>([
  ['/gemini/v1beta/models/dear-1:generateContent/'],
  ['/gemini/V1beta/Models/dear-1:generateContent'],
  ['/gemini/v1beta/models/DEAR-1:generatecontent'],
  ['/gemini/v1beta/models/dear-1;a=b:generateContent'],
  ['/gemini/v1beta;a=b/models/dear-1:generateContent'],
  ['/gemini/v1beta/models/dear-1:verbOfTomorrow'],
  ['/gemini/v1beta/models/dear-1%3AgenerateContent'],
  ['/gemini/v1beta/cachedContents', { body: '{"model":"models/dear-1"}' }],
  ['/openai/v1/chat/completions/', { body: dear }],
  ['/openai/V1/Chat/Completions', { body: dear }],
  ['/openai/v1/chat/completions;a=b', { body: dear }],
  ['/openai/v1/chat/completions', { body: `[${dear}]` }],
  ['/openai/v1/chat/completions', { body: ` \n[{}, ${dear}]` }],
  ['/openai/v1/responses/compact', { body: dear }],
  ['/openai/v1/engines/dear-1/completions'],
  ['/openai/v1/realtime/client_secrets', { body: `{"session":${dear}}` }],
  ['/openai/v1/realtime/calls', { body: form('session', `{"type":"realtime","model":"dear-1"}`), headers: asForm }],
  ['/openai/v1/realtime?model=dear-1', { body: 'v=0', headers: { 'content-type': 'application/sdp' } }],
  ['/openai/v1/route/of/tomorrow', { body: `{"steps":[${dear}]}` }],
  ['/openai/v1/route/of/tomorrow', { body: form('model', 'dear-1'), headers: asForm }],
  ['/openai/v1/audio/transcriptions', { body: form('model', 'dear-1'), headers: asFormInCapitals }],
  ['/anthropic/v1/messages/batches', { body: `{"requests":[{"params":{"model":"cheap"}},{"params":${dear}}]}` }],
  ['/anthropic/v1/messages', { body: '{"model":"cheap","fallbacks":[{"model":"dear-1"}]}' }],
  ['/anthropic/v1/messages', { body: '{"model":"cheap","tools":[{"type":"advisor","model":"dear-1"}]}' }],
  ['/openai/v1/responses', { body: '{"model":"cheap","tools":[{"type":"image_generation","model":"dear-1"}]}' }],
  ['/openrouter/api/v1/chat/completions', { body: '{"models":["cheap","dear-1"]}' }],
  ['/openrouter/api/v1/chat/completions', { body: '{"model":"cheap","Models":["dear-1"]}' }],
  ['/assemblyai/v2/transcript', { body: '{"speech_model":"cheap","speech_models":["cheaper","dear-1"]}' }],
  ['/v1/chat/completions', { body: '{"model":"openrouter/cheap","messages":[],"models":["dear-1"]}' }],
  ['/v1/chat/completions', { body: '{"model":"openrouter/cheap","messages":[],"Model":"dear-1"}' }],
  ['/elevenlabs/v1/music', { body: '{"model_id":"dear-1"}' }],
  ['/sarvam/speech-to-text/job/v1', { body: `{"job_parameters":${dear}}` }],
])('a refused model does not get through at %s %j', async (path, request) => {
  const answer = await ask(path, request)
  expect([answer.status, answer.header('ownkey-error')]).toEqual([403, 'model_refused'])
  expect(upstream.journal.requests).toHaveLength(0)
})

test.each<[string, Parameters<typeof ask>[1]?]>([
  ['/gemini/v1beta/models/cheap:verbOfTomorrow'],
  ['/openai/v1/chat/completions', { body: '{"model":"cheap","metadata":{"model":"dear-1"}}' }],
  ['/openrouter/api/v1/chat/completions', { body: '{"models":["cheap","cheaper"],"messages":[{"model":"dear-1"}]}' }],
  ['/assemblyai/v2/transcript', { body: '{"speech_models":["cheap","cheaper"]}' }],
  ['/openai/v1/realtime/client_secrets', { body: '{"session":{"model":"cheap"}}' }],
  ['/openai/v1/route/of/tomorrow', { body: '{"steps":[{"model":"cheap"},{"model":"cheaper"}]}' }],
  ['/openai/v1/route/of/tomorrow', { body: 'neither JSON nor "model":' }],
  ['/anthropic/v1/messages/batches', { body: '{"requests":[{"params":{"model":"cheap"}}]}' }],
])('others do, byte for byte, at %s %j', async (path, request) => {
  expect((await ask(path, request)).status).toBe(200)
  const [sent] = upstream.journal.requests
  expect(sent?.target).toBe(path.replace(/^\/[a-z]+/, ''))
  expect(sent?.body().toString()).toBe(request?.body ?? '{}')
})

test('a batch whose models stand in a file is refused, and says why; what was made can be read', async () => {
  const refused = await ask('/openai/v1/batches', {
    body: '{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}',
  })
  expect([refused.status, refused.header('ownkey-error')]).toEqual([400, 'request_invalid'])
  expect(refused.text).toMatch(/input_file_id/)
  expect(upstream.journal.requests).toHaveLength(0)
  expect(
    (await rawCall(ownkey.url, { path: '/openai/v1/batches/batch_1', headers: { authorization: `Bearer ${token}` } }))
      .status,
  ).toBe(200)
})

test.each(['/openai/v1/x/..;/y', '/openai/v1/..;a=b/v2', '/openai/v1/%2e%2e;/v2'])(
  'a way up that only some servers see is refused: %s',
  async (path) => {
    const answer = await ask(path)
    expect([answer.status, answer.header('ownkey-error')]).toEqual([400, 'request_invalid'])
    expect(upstream.journal.requests).toHaveLength(0)
  },
)

test('a body has one type: what is a form here must not be JSON to the provider', async () => {
  const headers: HeaderPairs = [
    ['authorization', `Bearer ${token}`],
    ['content-type', 'application/json'],
    ['content-type', 'multipart/form-data; boundary=B'],
  ]
  const answer = await rawCall(ownkey.url, { method: 'POST', path: '/openai/v1/chat/completions', headers, body: dear })
  expect([answer.status, answer.header('ownkey-error')]).toEqual([400, 'request_invalid'])
  expect(upstream.journal.requests).toHaveLength(0)
})

test('the method is the one of the request line', async () => {
  const names = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']
  const headers = Object.fromEntries(names.map((name) => [name, 'DELETE']))
  expect((await ask('/gemini/v1beta/models/cheap:generateContent', { headers })).status).toBe(200)
  const sent = upstream.journal.requests[0]?.headers.map(([name]) => name.toLowerCase()) ?? []
  expect(sent).toContain('content-type')
  for (const name of names) expect(sent).not.toContain(name.toLowerCase())
})
