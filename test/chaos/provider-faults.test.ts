/** C7: a provider that fails in every phase, again and again. The books must be those of its own journal. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import type { Answer } from '../support/upstream.ts'
import { hang, head, json, type Responder, script, write } from '../support/upstream.ts'
import { openStage, rounds, type Stage } from './stage.ts'

const stream = { 'content-type': 'text/event-stream' }
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const some = event({ choices: [{ delta: { content: 'one' } }] })
const failure = { error: { message: 'The server had an error.', type: 'server_error' } }

/** What is wrong, and whether the answer had begun: then nothing may be tried again. */
const faults: readonly [name: string, answer: Answer, begun: boolean, status: number | 'broken'][] = [
  ['hangs before the head', hang, false, 504],
  ['resets before the head', (exchange) => exchange.reset(), false, 502],
  ['closes before the head', (exchange) => exchange.cut(), false, 502],
  ['answers 429', json({ error: { message: 'slow down', code: 'rate_limit_exceeded' } }, { status: 429 }), false, 429],
  [
    'breaks off in the body of a 429',
    script(head(429, { 'content-type': 'application/json', 'content-length': '500' }), write('{"error":{'), reset),
    false,
    429,
  ],
  [
    'answers 500 with bytes that are not packed as it says',
    script(head(500, { 'content-type': 'application/json', 'content-encoding': 'gzip' }), write('not gzip'), endOf),
    false,
    500,
  ],
  ['answers 500', json(failure, { status: 500 }), false, 500],
  ['answers 503 with a page', script(head(503, { 'content-type': 'text/html' }), write('<h1>down'), endOf), false, 503],
  ['opens a stream with an error', script(head(200, stream), write(event(failure)), endOf), false, 200],
  ['hangs in the middle of a stream', script(head(200, stream), write(some), hang), true, 'broken'],
  ['resets in the middle of a stream', script(head(200, stream), write(some), reset), true, 'broken'],
  ['fails in the middle of a stream', script(head(200, stream), write(some + event(failure)), endOf), true, 200],
  [
    'sends what is no event',
    script(head(200, stream), write(`${some}:::\n\ndata: {"cho\n\ndata: }\n\n`), endOf),
    true,
    200,
  ],
  [
    'sends bytes that are not packed as it says',
    script(head(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }), write('not gzip'), endOf),
    true,
    200,
  ],
  [
    'breaks off what it packed',
    script(
      head(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      write(gzipSync(JSON.stringify({ choices: [], usage: { prompt_tokens: 9 } })).subarray(0, 20)),
      endOf,
    ),
    true,
    200,
  ],
  [
    'sends less than it announced',
    script(head(200, { 'content-type': 'application/json', 'content-length': '500' }), write('{"choices":['), reset),
    true,
    'broken',
  ],
]

function endOf(exchange: Parameters<Answer>[0]): void {
  exchange.response.end()
}
function reset(exchange: Parameters<Answer>[0]): void {
  exchange.reset()
}

interface Row {
  request_id: string
  attempt: number
  state: string
  key_source: string
  credits: string
  error_class: string | null
}

describe.each([
  ['without fallback', 'never'],
  ['with fallback', 'always'],
])('a provider that fails, %s', (_name, mode) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage({
      config: {
        gateway: { firstByteTimeoutSeconds: 1, idleTimeoutSeconds: 1 },
        plans: {
          standard: {
            verify: 'format_only',
            credits: { ownKey: 1, platformKey: 3 },
            fallback: { mode, when: ['rate_limited', 'provider_error', 'network'] },
          },
        },
      },
    })
  })
  afterAll(() => stage?.close())

  test.each(faults)(
    '%s: nothing is tried after the first byte, and every try is in the books once',
    async (_fault, answer, begun, status) => {
      for (let round = 0; round < rounds; round++) {
        const { upstream, ownkey } = stage
        // A key of its own each time: what is remembered of one that failed must not answer for the next.
        const id = stage.newId()
        const org = `failing-${id}`
        await ownkey.putOrg(org)
        await ownkey.api('POST', `/orgs/${org}/credits`, { amount: 10, reason: 'start', idempotencyKey: 'start' })
        await ownkey.putKey(org, 'openai', `sk-proj-failing-${id}-${'f'.repeat(30)}`)
        const token = await ownkey.token({ org, feature: 'assistant' })
        const served = json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })
        const responder: Responder = {
          reads: 'first',
          answer: (exchange) =>
            (exchange.request.header('authorization') === `Bearer ${canaryPlatformKey}` ? served : answer)(exchange),
        }
        const undo = upstream.on('/v1/chat/completions', responder)
        const before = upstream.journal.requests.length
        const told = await fetch(`${ownkey.url}/openai/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'ownkey-request-id': id },
          body: JSON.stringify({ model: 'test-model', stream: true, messages: [] }),
        })
        const broken = await told.arrayBuffer().then(
          () => false,
          () => true,
        )
        undo()
        const sent = upstream.journal.requests.slice(before).map((one) => one.header('authorization'))
        const fellBack = mode === 'always' && !begun
        expect(sent.filter((one) => one !== `Bearer ${canaryPlatformKey}`)).toHaveLength(1)
        expect(sent).toHaveLength(fellBack ? 2 : 1)
        if (fellBack) expect([told.status, told.headers.get('ownkey-key-source')]).toEqual([200, 'platform'])
        // A packed body that its reader cannot unpack is the reader's to refuse: the bytes pass unchanged.
        else if (status === 'broken') expect(broken).toBe(true)
        else expect(told.status).toBe(status)

        const { body } = await ownkey.api('GET', `/orgs/${org}/requests?requestId=${id}`)
        const rows = body.items as (Row & { keySource: string; errorClass: string | null })[]
        expect(rows).toHaveLength(sent.length)
        expect(rows.map(({ state }) => state)).not.toContain('reserved')
        const left = (await ownkey.api('GET', `/orgs/${org}`)).body.balance
        const charged = rows.reduce((sum, { credits }) => sum + Number(credits), 0)
        expect(left).toBe(10 - charged)
        // What was served is charged, and what failed before its first byte is not.
        expect(charged).toBe(fellBack ? 3 : begun ? 1 : 0)
      }
    },
    120_000,
  )
})
