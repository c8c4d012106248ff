import { afterAll, beforeAll, expect, test } from 'vitest'
import { awsEvent } from '../../src/sandbox/others/aws-event.ts'
import { vendorKeys, vendorNativeCalls } from '../support/provider-calls.ts'
import { type RawRequest, rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { end, head, reset, type Step, script, startUpstream, type Upstream, write } from '../support/upstream.ts'

let ownkey: RunningOwnkey
let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
  ownkey = await startOwnkey({
    config: {
      providers: { bedrock: { baseUrl: upstream.origin } },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: { verify: 'format_only', fallback: { mode: 'never' } } },
    },
  })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

const event = (name: string, payload: object) => awsEvent({ ':message-type': 'event', ':event-type': name }, payload)
const packed = (own: object) =>
  event('chunk', { bytes: Buffer.from(JSON.stringify(own)).toString('base64'), p: 'abcdefgh' })
const inPieces = (stream: Buffer, size: number): Step[] =>
  Array.from({ length: Math.ceil(stream.length / size) }, (_, at) => write(stream.subarray(at * size, (at + 1) * size)))

let orgs = 0
async function call(verb: string, steps: readonly Step[]) {
  const org = `org-${++orgs}`
  await ownkey.putOrg(org)
  await ownkey.putKey(org, 'bedrock', vendorKeys['bedrock'] as string)
  const request = vendorNativeCalls['bedrock']?.(await ownkey.token({ org, feature: 'assistant' })) as RawRequest
  const undo = upstream.on(/./, script(head(200, { 'content-type': 'application/vnd.amazon.eventstream' }), ...steps))
  const answer = await rawCall(ownkey.url, { ...request, path: request.path.replace('converse-stream', verb) })
  undo()
  const entry = async () => (await ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0]
  await expect.poll(async () => (await entry())?.status).toBe(200)
  return { answer, entry: await entry() }
}

const conversation = Buffer.concat([
  event('messageStart', { role: 'assistant' }),
  event('contentBlockDelta', {
    contentBlockIndex: 0,
    delta: { text: 'Seven lanterns, "usage": {"inputTokens": 999}' },
  }),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', {
    usage: { inputTokens: 31, outputTokens: 17, totalTokens: 53, cacheReadInputTokens: 5 },
    metrics: { latencyMs: 9 },
  }),
])

test.each([1, 7, 4096])('a conversation in pieces of %i bytes passes unchanged and is counted', async (size) => {
  const { answer, entry } = await call('converse-stream', [...inPieces(conversation, size), end()])
  expect(answer.body.equals(conversation)).toBe(true)
  expect(entry).toMatchObject({ inputTokens: 31, outputTokens: 17, cacheReadTokens: 5, estimated: false })
})

test('a model’s own events are counted as Amazon counted them', async () => {
  const stream = Buffer.concat([
    packed({ type: 'message_start', message: { usage: { input_tokens: 40, output_tokens: 1 } } }),
    packed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Seven' } }),
    packed({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 12 } }),
    packed({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': { inputTokenCount: 41, outputTokenCount: 13, invocationLatency: 8 },
    }),
  ])
  const { answer, entry } = await call('invoke-with-response-stream', [...inPieces(stream, 50), end()])
  expect(answer.body.equals(stream)).toBe(true)
  expect(entry).toMatchObject({ inputTokens: 41, outputTokens: 13, estimated: false })
})

test('a conversation that breaks off is counted by what was delivered', async () => {
  const delivered = conversation.subarray(0, conversation.length - 120)
  const { answer, entry } = await call('converse-stream', [write(delivered), reset])
  expect(answer.broken).toBe(true)
  expect(entry).toMatchObject({ errorClass: 'network', estimated: true })
  expect(entry.outputTokens).toBeGreaterThan(5)
})

test.each([1, 4096])('an exception behind delivered words stands in the books, in pieces of %i bytes', async (size) => {
  const exception = awsEvent(
    { ':message-type': 'exception', ':exception-type': 'throttlingException' },
    { message: 'Too many requests' },
  )
  const whole = Buffer.concat([
    event('messageStart', { role: 'assistant' }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Seven lanterns and more' } }),
    exception,
  ])
  const { answer, entry } = await call('converse-stream', [...inPieces(whole, size), end()])
  expect(answer.body.equals(whole)).toBe(true)
  expect(entry).toMatchObject({ state: 'settled', errorClass: 'rate_limited', estimated: true })
})
