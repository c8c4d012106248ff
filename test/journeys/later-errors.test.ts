/** A stream that begins well and then tells an error: what it delivered is settled, and the error is known by its class. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, journeyConfig, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { type RawRequest, rawCall } from '../support/raw-call.ts'
import { bytes, hang, head, type Responder, script, sse, write } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  const { plans } = journeyConfig('') as { plans: Record<string, object> }
  journey = await startJourney({
    more: {
      plans: {
        ...plans,
        paid: { verify: 'format_only', fallback: { mode: 'always' }, credits: { ownKey: 2, platformKey: 5 } },
      },
    },
  })
})
afterAll(() => journey?.close())

const words = (content: string) => ({ data: { choices: [{ delta: { content } }] } })
const delivered = 'It was delivered, all of this. '
const openaiError = (code: string) => ({ data: { error: { message: 'no more', type: 'x', code } } })
const anthropicStart = { type: 'message_start', message: { usage: { input_tokens: 25, output_tokens: 1 } } }
const anthropicWords = { type: 'content_block_delta', delta: { type: 'text_delta', text: delivered } }
const anthropicError = { type: 'error', error: { type: 'rate_limit_error', message: 'no more' } }
const responsesDelta = { type: 'response.output_text.delta', delta: delivered }
const responsesError = { type: 'response.failed', response: { error: { code: 'insufficient_quota', message: 'x' } } }
const geminiWords = { candidates: [{ content: { parts: [{ text: delivered }] } }] }
const geminiError = { error: { code: 429, message: 'Resource has been exhausted', status: 'RESOURCE_EXHAUSTED' } }
const event = (data: { type: string }) => ({ event: data.type, data })

async function newOrg(plan = 'standard') {
  const made = await journey.newOrg(plan)
  if (plan === 'paid')
    await journey.ownkey.api('POST', `/orgs/${made.org}/credits`, { amount: 100, reason: 'x', idempotencyKey: 'g' })
  return made
}

async function entryOf(org: string) {
  const last = async () => (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0]
  await expect.poll(async () => (await last())?.state).toMatch(/settled|released/)
  return last()
}

async function ask(
  responder: Responder | ReturnType<typeof sse>,
  request: (token: string) => RawRequest,
  plan?: string,
) {
  const { org, token } = await newOrg(plan)
  const undo = journey.upstream.on(/./, responder)
  const answer = await rawCall(journey.ownkey.url, request(token))
  undo()
  return { answer, entry: await entryOf(org), org, token }
}

const chat = nativeCalls.openai
const gzipped = (text: string) =>
  bytes(gzipSync(text), { headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' } })
const eventText = (events: readonly { data: unknown }[]) =>
  events.map(({ data }) => `data: ${JSON.stringify(data)}\n\n`).join('')

describe('an error behind the first words of a stream', () => {
  const quota = openaiError('insufficient_quota')
  const streams: [string, Parameters<typeof ask>[0], (token: string) => RawRequest, string][] = [
    ['of OpenAI', sse([words(delivered), quota, '[DONE]']), chat, 'quota_exhausted'],
    ['of OpenAI, byte by byte', sse([words(delivered), quota, '[DONE]'], { pieceBytes: 1 }), chat, 'quota_exhausted'],
    [
      'of OpenAI, with more behind it',
      sse([words(delivered), quota, words('and on'), '[DONE]']),
      chat,
      'quota_exhausted',
    ],
    [
      'without an empty line at its end',
      bytes(eventText([words(delivered), quota]).trimEnd(), sseType()),
      chat,
      'quota_exhausted',
    ],
    [
      'as plain text',
      bytes(eventText([words(delivered), quota]), { headers: { 'content-type': 'text/plain' } }),
      chat,
      'quota_exhausted',
    ],
    ['compressed', gzipped(eventText([words(delivered), quota])), chat, 'quota_exhausted'],
    ['in the one dialect', sse([words(delivered), openaiError('rate_limit_exceeded')]), oneDialect, 'rate_limited'],
    ['of the Responses', sse([event(responsesDelta), event(responsesError)]), responses, 'quota_exhausted'],
    [
      'of Anthropic',
      sse([event(anthropicStart), event(anthropicWords), event(anthropicError)]),
      nativeCalls.anthropic,
      'rate_limited',
    ],
    ['of Gemini', sse([{ data: geminiWords }, { data: geminiError }]), gemini('?alt=sse'), 'rate_limited'],
    [
      'of Gemini, in an array',
      bytes(JSON.stringify([geminiWords, geminiError], null, 2), { headers: { 'content-type': 'application/json' } }),
      gemini(''),
      'rate_limited',
    ],
  ]
  test.each(streams)('%s is passed on and stands in the books', async (_, responder, request, errorClass) => {
    const { answer, entry, org } = await ask(responder, request)
    expect(answer.status).toBe(200)
    expect(entry).toMatchObject({ state: 'settled', status: 200, errorClass, estimated: true })
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/usage?groupBy=errorClass`)
    expect(body.total).toMatchObject({ requests: 1, failed: 1 })
  })

  test('is settled by what was delivered, and the counts of a beginning are no counts', async () => {
    const stream = sse([
      event(anthropicStart),
      event({ ...anthropicWords }),
      event({ ...anthropicWords }),
      event(anthropicError),
    ])
    const { entry } = await ask(stream, nativeCalls.anthropic, 'paid')
    expect(entry).toMatchObject({ inputTokens: 25, outputTokens: 16, credits: 2, keySource: 'organization' })
  })

  test('charges nothing where no word came before it', async () => {
    const empty = { data: { choices: [{ delta: { role: 'assistant', content: '' } }] } }
    const { entry, org } = await ask(sse([empty, quota]), chat, 'paid')
    expect(entry).toMatchObject({ state: 'released', credits: 0, errorClass: 'quota_exhausted' })
    expect((await journey.ownkey.api('GET', `/orgs/${org}`)).body.balance).toBe(100)
  })

  test('is known also when the caller leaves at it, and the provider never ends', async () => {
    const { org, token } = await newOrg()
    const text = eventText([words(delivered), openaiError('rate_limit_exceeded')])
    const undo = journey.upstream.on(/./, script(head(200, { 'content-type': 'text/event-stream' }), write(text), hang))
    const call = chat(token)
    const leave = new AbortController()
    const answer = await fetch(`${journey.ownkey.url}${call.path}`, {
      method: 'POST',
      headers: call.headers as Record<string, string>,
      body: call.body as string,
      signal: leave.signal,
    })
    const reader = answer.body?.getReader()
    let read = ''
    while (!read.includes('rate_limit_exceeded')) read += Buffer.from((await reader?.read())?.value ?? []).toString()
    leave.abort()
    undo()
    expect(await entryOf(org)).toMatchObject({ state: 'settled', errorClass: 'rate_limited' })
  })

  test('is none where a model only writes of errors', async () => {
    const text = '{"error":{"message":"x","code":"insufficient_quota"}} data: {"error":{"code":"rate_limit_exceeded"}}'
    const { entry } = await ask(sse([words(text), words(`\n\nevent: error\ndata: ${text}\n\n`), '[DONE]']), chat)
    expect(entry).toMatchObject({ state: 'settled', errorClass: null })
  })
})

test('a key whose streams twice end so rests, and the platform’s serves as agreed; a stream that ends well is the end of it', async () => {
  const { org, token } = await newOrg('falling')
  let own = [words(delivered), openaiError('insufficient_quota')]
  let asked = 0
  const undo = journey.upstream.on(/./, async (exchange) => {
    const isOwn = exchange.request.header('authorization')?.includes(canaryKeys.openai)
    if (isOwn) asked++
    await sse(isOwn ? own : [words('From the platform'), '[DONE]'])(exchange)
  })
  const source = async () => {
    const answer = await rawCall(journey.ownkey.url, chat(token))
    const of = (name: string) => answer.headers.find(([header]) => header.toLowerCase() === name)?.[1]
    return [of('ownkey-key-source'), of('ownkey-fallback')]
  }
  expect(await source()).toEqual(['organization', undefined])
  own = [words(delivered)]
  expect(await source()).toEqual(['organization', undefined])
  own = [words(delivered), openaiError('insufficient_quota')]
  expect(await source()).toEqual(['organization', undefined])
  expect(await source()).toEqual(['organization', undefined])
  expect(await source()).toEqual(['platform', 'quota_exhausted'])
  expect(asked).toBe(4)
  const notices = async () =>
    (await journey.ownkey.api('GET', `/orgs/${org}/notices`)).body.items.map(({ kind }: { kind: string }) => kind)
  await expect.poll(notices).toContain('key_failing')
  undo()
})

function sseType() {
  return { headers: { 'content-type': 'text/event-stream' } }
}
function oneDialect(token: string): RawRequest {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
  }
}
function responses(token: string): RawRequest {
  return { ...chat(token), path: '/openai/v1/responses' }
}
function gemini(query: string) {
  return (token: string): RawRequest => ({
    ...nativeCalls.gemini(token),
    path: `/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent${query}`,
  })
}
