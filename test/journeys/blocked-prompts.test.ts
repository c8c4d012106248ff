import { gzipSync } from 'node:zlib'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { type Answer, bytes, end, head, json, type SseOptions, script, sse, write } from '../support/upstream.ts'

/** Google answers a prompt that it blocks with status 200, a reason and no candidates: nobody's model has said anything. */

let journey: Journey
beforeAll(async () => {
  const plan = { verify: 'format_only', credits: { ownKey: 1, platformKey: 5 } }
  journey = await startJourney({
    more: {
      plans: {
        standard: { ...plan, fallback: { mode: 'never' } },
        falling: { ...plan, fallback: { mode: 'always' } },
        elsewhere: { ...plan, fallback: { mode: 'always', when: ['content_refused'] } },
      },
    },
  })
})
afterAll(() => journey.close())

const blocked = {
  promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
  usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 },
  modelVersion: 'gemini-2.5-flash',
}
const spoken = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hello' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 1, totalTokenCount: 9 },
}

/** An organization with 100 credits, where each key is answered in its own way. */
async function playing(plan: string, own: Answer, platform: Answer = json(spoken)) {
  const { org, token } = await journey.newOrg(plan)
  await journey.ownkey.api('POST', `/orgs/${org}/credits`, { amount: 100, reason: 'test', idempotencyKey: org })
  const undo = journey.upstream.on(/./, (exchange) =>
    (exchange.request.header('x-goog-api-key') === canaryPlatformKey ? platform : own)(exchange),
  )
  return { org, token, undo }
}

async function entriesOf(org: string) {
  const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests`)
  return body.items as Record<string, unknown>[]
}

const pretty = JSON.stringify([blocked], null, 2)
const inPieces: Answer = script(
  head(200, { 'content-type': 'application/json; charset=UTF-8' }),
  ...[...pretty].map((letter) => write(letter)),
  end(),
)
const events = (options: SseOptions = {}) => sse([{ data: blocked }], options)
const forms: [string, Answer][] = [
  ['as JSON', json(blocked)],
  ['as packed JSON', json(blocked, { encoding: 'gzip' })],
  ['behind a byte-order mark', bytes(`\uFEFF${pretty}`, { headers: { 'content-type': 'application/json' } })],
  ['as a list in single bytes', inPieces],
  ['as an event', events()],
  ['as an event in single bytes', events({ pieceBytes: 1 })],
]

describe('a blocked prompt', () => {
  test.each(forms)('%s passes byte for byte, says what it is, and costs no credits', async (_form, answer) => {
    const { org, token, undo } = await playing('falling', answer)
    const told = await rawCall(journey.ownkey.url, nativeCalls.gemini(token))
    undo()
    expect([told.status, told.header('ownkey-error'), told.header('ownkey-key-source')]).toEqual([
      200,
      'content_refused',
      'organization',
    ])
    const plain = JSON.stringify(blocked)
    if (told.header('content-encoding') === 'gzip') expect(told.body.equals(gzipSync(plain))).toBe(true)
    else expect(told.text).toContain('"blockReason"')
    expect(await entriesOf(org)).toMatchObject([
      { status: 200, errorClass: 'content_refused', credits: 0, inputTokens: 8 },
    ])
    const { body: settings } = await journey.ownkey.api('GET', `/orgs/${org}/settings`)
    expect(settings.credits.balance).toBe(100)
    const { keys } = settings.providers.find(({ id }: { id: string }) => id === 'gemini')
    expect(keys[0].status).not.toBe('invalid')
  })

  test.each(forms)('%s is asked elsewhere where the plan says so', async (_form, answer) => {
    const { org, token, undo } = await playing('elsewhere', answer)
    const told = await rawCall(journey.ownkey.url, nativeCalls.gemini(token))
    undo()
    expect([told.json(), told.header('ownkey-fallback')]).toEqual([spoken, 'content_refused'])
    expect((await entriesOf(org)).map(({ credits }) => credits)).toEqual([5, 0])
  })

  test('with candidates beside it is an answer', async () => {
    const { token, undo } = await playing('elsewhere', json({ ...spoken, promptFeedback: { blockReason: 'SAFETY' } }))
    const told = await rawCall(journey.ownkey.url, nativeCalls.gemini(token))
    undo()
    expect([told.header('ownkey-error'), told.header('ownkey-key-source')]).toEqual([undefined, 'organization'])
  })
})

describe('a blocked prompt in the one dialect', () => {
  const model = 'gemini-2.5-flash'
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hi' }]
  const clientOf = (token: string) =>
    new OpenAI({ apiKey: token, baseURL: `${journey.ownkey.url}/v1`, maxRetries: 0 }).chat.completions

  test('is a refusal to OpenAI’s SDK, and says what it is', async () => {
    const { org, token, undo } = await playing('falling', json(blocked))
    const { data, response } = await clientOf(token).create({ model, messages }).withResponse()
    undo()
    expect(data.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal: 'The prompt was blocked (PROHIBITED_CONTENT).' },
    })
    expect([response.status, response.headers.get('ownkey-error')]).toEqual([200, 'content_refused'])
    expect(await entriesOf(org)).toMatchObject([{ errorClass: 'content_refused', credits: 0, inputTokens: 8 }])
  })

  test('is a refusal in a stream, too', async () => {
    const { token, undo } = await playing('falling', events())
    const stream = clientOf(token).stream({ model, messages })
    const { choices } = await stream.finalChatCompletion()
    undo()
    expect(choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { refusal: expect.stringContaining('blocked') },
    })
  })

  test('is asked elsewhere where the plan says so', async () => {
    const { token, undo } = await playing('elsewhere', json(blocked))
    const { data, response } = await clientOf(token).create({ model, messages }).withResponse()
    undo()
    expect(data.choices[0]?.message.content).toBe('Hello')
    expect(response.headers.get('ownkey-fallback')).toBe('content_refused')
  })
})
