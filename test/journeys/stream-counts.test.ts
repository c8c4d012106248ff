import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { bytes, end, head, json, reset, type SseOptions, script, sse, until, write } from '../support/upstream.ts'

const more = {
  prices: { openai: { 'test-*': { input: 1, output: 10 } } },
  plans: {
    plain: { verify: 'format_only', fallback: { mode: 'never' } },
    capped: { verify: 'format_only', fallback: { mode: 'never' }, caps: [{ limit: 1_000 }] },
  },
}

const path = '/v1/chat/completions'
const words = ['Hello, ', 'wörld with “quotes” \\" and ', 'नमस्ते']
const said = (usage: object) => words.map((content) => ({ data: { choices: [{ delta: { content } }], ...usage } }))
const counts = { data: { choices: [], usage: { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 } } }

let journey: Journey
beforeAll(async () => {
  journey = await startJourney({ more })
})
afterAll(() => journey?.close())

/** What a provider streams that tells counts to those who ask. */
function play(options: SseOptions = {}): () => void {
  return journey.upstream.on(path, async (exchange) => {
    const asked = JSON.parse((await exchange.request.body()).toString()).stream_options?.include_usage === true
    const events = asked ? [...said({ usage: null }), counts, '[DONE]'] : [...said({}), '[DONE]']
    await sse(events, options)(exchange)
  })
}

const plain = [...said({}).map(({ data }) => `data: ${JSON.stringify(data)}\n\n`), 'data: [DONE]\n\n'].join('')

async function ask(token: string, body: string, headers: Record<string, string> = {}) {
  const order = journey.upstream.journal.requests.length
  const answer = await rawCall(journey.ownkey.url, {
    method: 'POST',
    path: `/openai${path}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body,
  })
  const sent = journey.upstream.journal.requests[order]
  return { answer, sent: (await sent?.body())?.toString() }
}

async function lastEntry(org: string) {
  const until = Date.now() + 5_000
  for (;;) {
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests`)
    const [entry] = body.items
    if (entry && entry.state !== 'reserved') return entry
    if (Date.now() > until) throw new Error('nothing was settled')
  }
}

const asking =
  '{ "model": "test-1",  "messages":[{"role":"user","content":"Say it, once more"}], "n": 1e0, "stream" :true }'

test('where a cap counts the request its stream is asked for counts, and the caller does not see them', async () => {
  const undo = play({ pieceBytes: 1 })
  const { org, token } = await journey.newOrg('capped')
  const { answer, sent } = await ask(token, asking, { 'accept-encoding': 'gzip' })
  expect(answer.text).toBe(plain)
  expect(sent).toContain('"n":1e0')
  expect(sent).toContain('"messages":[{"role":"user","content":"Say it, once more"}]')
  expect(JSON.parse(sent as string).stream_options).toEqual({ include_usage: true })
  expect(await lastEntry(org)).toMatchObject({
    inputTokens: 7,
    outputTokens: 11,
    estimated: false,
    cost: { currency: 'USD', amount: '0.000117' },
  })
  undo()
})

test('a caller who asks sees what it asked for, and its request passes as it is', async () => {
  const undo = play()
  const { org, token } = await journey.newOrg('capped')
  const body = '{"model":"test-1","stream":true, "stream_options": {"include_usage":true}}'
  const { answer, sent } = await ask(token, body)
  expect(sent).toBe(body)
  expect(answer.text).toContain('"total_tokens":18')
  expect(await lastEntry(org)).toMatchObject({ outputTokens: 11, estimated: false })
  undo()
})

test('without a cap a request passes byte for byte, and its tokens are estimated', async () => {
  const undo = play()
  const { org, token } = await journey.newOrg('plain')
  const { answer, sent } = await ask(token, asking)
  expect(sent).toBe(asking)
  expect(answer.text).toBe(plain)
  const entry = await lastEntry(org)
  expect(entry).toMatchObject({ estimated: true, inputTokens: 5 })
  expect(entry.outputTokens).toBeGreaterThan(10)
  expect(entry.outputTokens).toBeLessThan(30)
  undo()
})

test('a body that is not a stream passes as it is', async () => {
  const undo = play()
  const { token } = await journey.newOrg('capped')
  const body = '{"model":"test-1", "stream": false}'
  expect((await ask(token, body)).sent).toBe(body)
  undo()
})

test('a stream that tells what it was asked and not what it says is estimated, too', async () => {
  const undo = journey.upstream.on(
    path,
    sse([...said({}), { data: { choices: [], usage: { prompt_tokens: 7 } } }, '[DONE]']),
  )
  const { org, token } = await journey.newOrg('plain')
  await ask(token, asking)
  const entry = await lastEntry(org)
  expect(entry).toMatchObject({ estimated: true, inputTokens: 7, errorClass: null })
  expect(entry.outputTokens).toBeGreaterThan(10)
  undo()
})

test('a stream that breaks off is charged for what was delivered, marked estimated', async () => {
  const undo = journey.upstream.on(path, sse(said({}), { last: reset }))
  const { org, token } = await journey.newOrg('plain')
  await ask(token, asking).catch(() => undefined)
  expect(await lastEntry(org)).toMatchObject({ estimated: true, inputTokens: 5, errorClass: 'network' })
  expect((await lastEntry(org)).outputTokens).toBeGreaterThan(10)
  undo()
})

test('counts that were told before a break are kept, and a half one is not believed', async () => {
  const start = {
    event: 'message_start',
    data: {
      type: 'message_start',
      message: { model: 'claude-opus-4-8', usage: { input_tokens: 25, output_tokens: 1 } },
    },
  }
  const delta = (text: string) => ({
    event: 'content_block_delta',
    data: { type: 'content_block_delta', delta: { type: 'text_delta', text } },
  })
  const undo = journey.upstream.on('/v1/messages', sse([start, delta('x'.repeat(200))], { last: reset }))
  const { org, token } = await journey.newOrg('plain')
  await rawCall(journey.ownkey.url, {
    method: 'POST',
    path: '/anthropic/v1/messages',
    headers: { 'x-api-key': token, 'content-type': 'application/json' },
    body: '{"model":"claude-opus-4-8","stream":true,"messages":[]}',
  }).catch(() => undefined)
  expect(await lastEntry(org)).toMatchObject({ inputTokens: 25, outputTokens: 50, estimated: true })
  undo()
})

test('a stream that tells at its beginning what it was asked, and never what it said, is estimated', async () => {
  const usage = { input_tokens: 25, output_tokens: 1 }
  const events = [
    { type: 'message_start', message: { model: 'claude-opus-4-8', usage } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x'.repeat(200) } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
  ]
  const undo = journey.upstream.on('/v1/messages', sse(events.map((data) => ({ event: data.type, data }))))
  const { org, token } = await journey.newOrg('plain')
  await rawCall(journey.ownkey.url, {
    method: 'POST',
    path: '/anthropic/v1/messages',
    headers: { 'x-api-key': token, 'content-type': 'application/json' },
    body: '{"model":"claude-opus-4-8","stream":true,"messages":[]}',
  })
  expect(await lastEntry(org)).toMatchObject({ inputTokens: 25, outputTokens: 50, estimated: true, errorClass: null })
  undo()
})

test('what another model did for the same answer is in its cost', async () => {
  const advisor = { type: 'advisor_message', model: 'claude-opus-4-8', input_tokens: 900, output_tokens: 80 }
  const usage = { input_tokens: 1_000, output_tokens: 10 }
  const undo = journey.upstream.on('/v1/messages', (exchange) => {
    const asked = exchange.request.header('x-advised') === 'yes'
    return json({ content: [], usage: asked ? { ...usage, iterations: [advisor] } : usage })(exchange)
  })
  const costs: number[] = []
  for (const advised of ['no', 'yes']) {
    const { org, token } = await journey.newOrg('plain')
    await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/anthropic/v1/messages',
      headers: { 'x-api-key': token, 'content-type': 'application/json', 'x-advised': advised },
      body: '{"model":"claude-haiku-4-5","messages":[]}',
    })
    const entry = await lastEntry(org)
    expect(entry).toMatchObject({ inputTokens: 1_000, outputTokens: 10, estimated: false })
    costs.push(Number(entry.cost.amount))
  }
  const [alone = 0, both = 0] = costs
  expect(both - alone).toBeCloseTo((900 * 5 + 80 * 25) / 1e6, 9)
  undo()
})

test('credits are no characters: a model that takes half of one for each has all of them booked', async () => {
  const speak = '/v1/text-to-speech/voice'
  const undo = journey.upstream.on(speak, (exchange) => {
    const headers = { 'content-type': 'audio/mpeg', 'character-cost': String(exchange.request.header('x-cost')) }
    return script(head(200, headers), write('sound'), end())(exchange)
  })
  for (const [cost, characters, estimated] of [
    ['6', 11, true],
    ['11', 11, false],
    ['22', 22, false],
  ] as const) {
    const { org, token } = await journey.newOrg('plain')
    await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: `/elevenlabs${speak}`,
      headers: { 'xi-api-key': token, 'content-type': 'application/json', 'x-cost': cost },
      body: '{"text":"as many: 11","model_id":"eleven_flash_v2_5"}',
    })
    expect(await lastEntry(org), cost).toMatchObject({ characters, estimated })
  }
  undo()
})

test('of a dialogue all that its speakers say is counted', async () => {
  const undo = journey.upstream.on(
    '/v1/text-to-dialogue',
    bytes('sound', { headers: { 'content-type': 'audio/mpeg' } }),
  )
  for (const [body, characters] of [
    ['{"inputs":[{"text":"Grüß ☃","voice_id":"a"},{"voice_id":"b","text":"Hello"}],"model_id":"eleven_v3"}', 11],
    ['{"inputs":["six 66","5 555"]}', 11],
    ['{"inputs":[{"voice_id":"a"},null,7]}', 0],
    ['{"inputs":7}', null],
    ['{"inputs":[{"text":"Hel', null],
  ] as const) {
    const { org, token } = await journey.newOrg('plain')
    await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/elevenlabs/v1/text-to-dialogue',
      headers: { 'xi-api-key': token, 'content-type': 'application/json' },
      body,
    })
    expect(await lastEntry(org), body).toMatchObject({ characters, estimated: true })
  }
  undo()
})

test('a transcript that does not tell how long its recording is stands in the books as not known', async () => {
  const undo = journey.upstream.on('/v1/speech-to-text', json({ language_code: 'en', text: 'Hi', words: [] }))
  const { org, token } = await journey.newOrg('plain')
  await rawCall(journey.ownkey.url, {
    method: 'POST',
    path: '/elevenlabs/v1/speech-to-text',
    headers: { 'xi-api-key': token, 'content-type': 'multipart/form-data; boundary=x' },
    body: '--x\r\nContent-Disposition: form-data; name="model_id"\r\n\r\nscribe_v2\r\n--x--\r\n',
  })
  expect(await lastEntry(org)).toMatchObject({ audioSeconds: null, estimated: true })
  undo()
})

const told = { choices: [], usage: { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 } }
const manyLines = `data: ${JSON.stringify(told, null, 2).split('\n').join('\ndata: ')}\n\n`
const oneLine = `data: ${JSON.stringify(told)}\n\n`
const begins = `data: ${JSON.stringify({ choices: [{ delta: { content: 'Hello' } }] })}\n\n`
const events = { 'content-type': 'text/event-stream' }

test.each([
  ['in events of several lines', events, manyLines],
  ['as plain text', { 'content-type': 'text/plain; charset=utf-8' }, oneLine],
  ['as plain text, in events of several lines', { 'content-type': 'text/plain' }, manyLines],
  ['as bytes', { 'content-type': 'application/octet-stream' }, oneLine],
  ['without a content type', {}, oneLine],
])('counts that a provider streams %s are read while they pass', async (_, headers, counted) => {
  const body = '{"model":"test-1","stream":true,"messages":[]}'
  for (const size of [1, 5, 4096]) {
    const { org, token } = await journey.newOrg('plain')
    let seen = () => {}
    const wasSeen = new Promise<void>((resolve) => {
      seen = resolve
    })
    const pieces = begins.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    // The second half is sent only when the caller has the first.
    const undo = journey.upstream.on(
      path,
      script(
        head(200, headers),
        ...pieces.map(write),
        until(wasSeen),
        write(counted),
        write('data: [DONE]\n\n'),
        end(),
      ),
    )
    const answer = await fetch(`${journey.ownkey.url}/openai${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    })
    let text = ''
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(piece).toString()
      if (text === begins) seen()
    }
    undo()
    expect(text).toBe(`${begins}${counted}data: [DONE]\n\n`)
    expect(answer.headers.get('content-type')).toBe('content-type' in headers ? headers['content-type'] : null)
    expect(await lastEntry(org)).toMatchObject({ inputTokens: 7, outputTokens: 11, estimated: false })
  }
})
