/** Work that is answered later — responses in the background, batches — by the official SDKs: its counts are booked once. */
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { openCall, rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { bytes, hang, head, json, script, sse, startUpstream, type Upstream, write } from '../support/upstream.ts'

describe.each(databaseKinds)('what is answered later, on %s', (database) => {
  let ownkey: RunningOwnkey
  let upstream: Upstream
  let orgs = 0
  beforeAll(async () => {
    upstream = await startUpstream()
    const provider = { platformKey: canaryPlatformKey, baseUrl: upstream.origin }
    ownkey = await startOwnkey({
      database,
      config: {
        providers: { openai: provider, anthropic: provider, gemini: provider },
        features: { assistant: { title: 'Assistant', meter: 'asks' } },
        plans: {
          standard: {
            verify: 'format_only',
            credits: { ownKey: 2, platformKey: 2 },
            quotas: { asks: { limit: 1, per: 'month' } },
          },
        },
      },
    })
  })
  afterAll(async () => {
    await ownkey?.close()
    await upstream?.close()
  })

  /** It has credits for one request on the platform's key, and its quota is one. */
  async function newOrg() {
    const org = `org-${++orgs}`
    await ownkey.putOrg(org)
    await ownkey.api('POST', `/orgs/${org}/credits`, { amount: 2, reason: 'test', idempotencyKey: org })
    const token = await ownkey.token({ org, feature: 'assistant' })
    return { org, token, url: ownkey.url }
  }
  const openai = ({ url, token }: { url: string; token: string }) =>
    new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: token, maxRetries: 0 })
  const total = async (org: string) => (await ownkey.api('GET', `/orgs/${org}/usage`)).body.total
  /** Entries are settled beside the answers: with all attempts there, nothing more comes. */
  const expectTotal = (org: string, expected: object) => expect.poll(() => total(org)).toMatchObject(expected)
  const all = (number: number, call: () => Promise<unknown>) => Promise.all(Array.from({ length: number }, call))
  /** Each restart has another port. */
  const again = async (caller: { token: string }) => {
    await ownkey.restart()
    return { ...caller, url: ownkey.url }
  }

  const asked = { model: 'gpt-5.2', input: 'Think for long.' }
  const usage = { input_tokens: 10_000, output_tokens: 1_000, total_tokens: 11_000 }
  const response = (id: string, more: object) => ({
    id,
    object: 'response',
    created_at: 1,
    status: 'queued',
    background: true,
    model: 'gpt-5.2-2025-12-11',
    output: [],
    usage: null,
    ...more,
  })
  const event = (type: string, more: object) => ({ event: type, data: { type, sequence_number: 1, ...more } })
  const delta = event('response.output_text.delta', { delta: 'Four words of it. '.repeat(20) })
  /** 10 000 tokens in at 1.75 a million, 1 000 out at 14. */
  const counted = {
    inputTokens: 10_000,
    outputTokens: 1_000,
    unpriced: 0,
    costs: [{ currency: 'USD', amount: '0.0315' }],
  }

  test('a response in the background is counted once it is told, charged once, and unpriced until then', async () => {
    const caller = await newOrg()
    const undo = upstream.on('POST /v1/responses', json(response('resp_a', {})))
    let stored = response('resp_a', { status: 'in_progress' })
    const undoGet = upstream.on(/^\/v1\/responses\/resp_a/, (exchange) => json(stored)(exchange))
    const client = openai(caller)
    expect((await client.responses.create({ ...asked, background: true })).status).toBe('queued')
    await all(2, () => client.responses.retrieve('resp_a'))
    await expectTotal(caller.org, { attempts: 3, inputTokens: 0, credits: 2, unpriced: 1 })

    stored = response('resp_a', { status: 'completed', service_tier: 'default', usage })
    await all(5, () => client.responses.retrieve('resp_a'))
    await expectTotal(caller.org, { ...counted, attempts: 8, credits: 2 })
    await openai(await again(caller)).responses.retrieve('resp_a')
    await expectTotal(caller.org, { ...counted, attempts: 9, credits: 2 })
    const { items } = (await ownkey.api('GET', `/orgs/${caller.org}/requests`)).body
    expect(items.filter(({ model }: { model: string }) => model === 'gpt-5.2-2025-12-11')).toHaveLength(1)
    expect(items.every(({ cost }: { cost: unknown }) => cost !== null)).toBe(true)
    const { body } = await ownkey.api('GET', `/orgs/${caller.org}/settings`)
    expect(body.quotas).toMatchObject([{ meter: 'asks', used: 1 }])
    undo()
    undoGet()
  })

  test('one that is not in the background, and is read again, is counted when it is made', async () => {
    const caller = await newOrg()
    const made = response('resp_b', { background: false, status: 'completed', usage })
    const undo = upstream.on(/^\/v1\/responses/, json(made))
    const client = openai(caller)
    await client.responses.create(asked)
    await all(2, () => client.responses.retrieve('resp_b'))
    await expectTotal(caller.org, { ...counted, attempts: 3, credits: 2 })
    undo()
  })

  test('a stream in the background is counted where it ends, and what was estimated before is not counted again', async () => {
    const events = [
      event('response.created', { response: response('resp_c', {}) }),
      delta,
      event('response.completed', { response: response('resp_c', { status: 'completed', usage }) }),
    ]
    const caller = await newOrg()
    const undo = upstream.on(/^\/v1\/responses/, sse(events))
    const client = openai(caller)
    const drain = async (stream: AsyncIterable<unknown>) => {
      for await (const _event of stream);
    }
    await drain(await client.responses.create({ ...asked, background: true, stream: true }))
    await expectTotal(caller.org, { ...counted, attempts: 1 })
    await drain(await client.responses.retrieve('resp_c', { stream: true, starting_after: 1 }))
    await expectTotal(caller.org, { ...counted, attempts: 2 })
    undo()

    const other = await newOrg()
    const undoCut = upstream.on(/^\/v1\/responses/, async (exchange) => {
      await script(head(200, { 'content-type': 'text/event-stream' }))(exchange)
      for (const { event: name, data } of events.slice(0, 2))
        await write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)(exchange)
      await hang(exchange)
    })
    const readAndLeave = async (stream: AsyncIterable<{ type: string }>) => {
      for await (const { type } of stream) if (type === 'response.output_text.delta') break
    }
    await readAndLeave(await openai(other).responses.create({ ...asked, background: true, stream: true }))
    await expect.poll(async () => (await total(other.org)).outputTokens).toBe(90)
    await readAndLeave(await openai(other).responses.retrieve('resp_c', { stream: true }))
    await expectTotal(other.org, { attempts: 2, outputTokens: 90 })
    undoCut()
    const undoRest = upstream.on(/^\/v1\/responses/, sse(events))
    await drain(await openai(other).responses.retrieve('resp_c', { stream: true, starting_after: 1 }))
    await drain(await openai(other).responses.retrieve('resp_c', { stream: true }))
    await expectTotal(other.org, { ...counted, attempts: 4, credits: 2 })
    undoRest()
  })

  const chatUsage = { prompt_tokens: 5_000, completion_tokens: 500 }
  const lines = ['a', 'b']
    .map((custom_id) => ({
      id: `batch_req_${custom_id}`,
      custom_id,
      response: { status_code: 200, body: { model: 'gpt-5.2-2025-12-11', usage: chatUsage } },
    }))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
  /** Half of what the same costs otherwise. */
  const halved = { ...counted, costs: [{ currency: 'USD', amount: '0.01575' }] }
  const batch = (more: object) => ({
    id: 'batch_1',
    object: 'batch',
    status: 'in_progress',
    output_file_id: null,
    ...more,
  })
  const input = { input_file_id: 'file-in', endpoint: '/v1/chat/completions', completion_window: '24h' } as const

  function playBatch() {
    let state = batch({ usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } })
    const undo = [
      upstream.on(/^\/v1\/batches/, (exchange) => json(state)(exchange)),
      upstream.on(
        '/v1/files/file-out/content',
        bytes(lines, { headers: { 'content-type': 'application/octet-stream' } }),
      ),
    ]
    return {
      finish: () => {
        state = batch({ status: 'completed', output_file_id: 'file-out', model: 'gpt-5.2-2025-12-11', usage })
      },
      stop: () => {
        for (const each of undo) each()
      },
    }
  }

  test('a batch of OpenAI is counted by the batch, and its file tells nothing new', async () => {
    const caller = await newOrg()
    const played = playBatch()
    const client = openai(caller)
    await client.batches.create(input)
    await all(2, () => client.batches.retrieve('batch_1'))
    await expectTotal(caller.org, { attempts: 3, inputTokens: 0, unpriced: 1, credits: 2 })
    played.finish()
    await all(3, () => client.batches.retrieve('batch_1'))
    await all(3, async () => expect(await (await client.files.content('file-out')).text()).toBe(lines))
    const after = openai(await again(caller))
    await after.batches.retrieve('batch_1')
    await after.files.content('file-out')
    await expectTotal(caller.org, { ...halved, attempts: 11, credits: 2 })
    played.stop()
  })

  test('a batch whose file is read first is counted by the file, line by line', async () => {
    const caller = await newOrg()
    const played = playBatch()
    const client = openai(caller)
    await client.batches.create(input)
    played.finish()
    await all(3, () => client.files.content('file-out'))
    await client.files.content('file-out', { headers: { range: 'bytes=9-' } })
    const fetched = upstream.journal.requests.filter(({ path }) => path === '/v1/files/file-out/content')
    expect(fetched.map(({ header }) => header('range'))).toEqual(fetched.map(() => undefined))
    await expectTotal(caller.org, { ...halved, unpriced: 1, attempts: 5 })
    await all(2, () => client.batches.retrieve('batch_1'))
    await expectTotal(caller.org, { ...halved, attempts: 7, credits: 2 })
    played.stop()
  })

  test('the results of a batch of Anthropic are counted line by line, also when somebody leaves half-way', async () => {
    const caller = await newOrg()
    const line = (custom_id: string, model: string) => {
      const counts = { input_tokens: 10_000, output_tokens: 0, service_tier: 'batch' }
      const message = { id: 'm', type: 'message', model, content: [], usage: counts }
      return `${JSON.stringify({ custom_id, result: { type: 'succeeded', message } })}\n`
    }
    const results = [line('a', 'claude-opus-4-6'), line('b', 'claude-opus-4-6'), line('c', 'claude-haiku-4-5')]
    const state = () => ({
      id: 'msgbatch_1',
      type: 'message_batch',
      processing_status: 'ended',
      results_url: 'https://api.anthropic.com/v1/messages/batches/msgbatch_1/results',
    })
    const type = { 'content-type': 'application/x-jsonl' }
    const path = '/v1/messages/batches/msgbatch_1/results'
    const undo = [
      upstream.on(/^\/v1\/messages\/batches(?:\/msgbatch_1)?$/, (exchange) => json(state())(exchange)),
      upstream.on(path, bytes(results.join(''), { headers: type })),
    ]
    const undoHalf = upstream.on(path, script(head(200, type), write(results[0] as string), hang))
    const client = new Anthropic({ baseURL: `${caller.url}/anthropic`, apiKey: caller.token, maxRetries: 0 })
    await client.messages.batches.create({ requests: [] })
    await expectTotal(caller.org, { attempts: 1, unpriced: 1 })
    const half = await openCall(caller.url, {
      path: `/anthropic${path}`,
      headers: { 'x-api-key': caller.token },
    })
    await new Promise((resolve) => half.once('data', resolve))
    half.destroy()
    await expect.poll(async () => (await total(caller.org)).inputTokens).toBe(10_000)
    undoHalf()
    const read = async () => {
      const answers = []
      for await (const answer of await client.messages.batches.results('msgbatch_1')) answers.push(answer)
      expect(answers).toHaveLength(3)
    }
    await all(4, read)
    // Two at half of 5 a million, one at half of 1.
    await expectTotal(caller.org, {
      inputTokens: 20_000,
      unpriced: 0,
      credits: 2,
      costs: [{ currency: 'USD', amount: '0.055' }],
    })
    for (const each of undo) each()
  })

  test('a batch of Gemini is counted by its inlined answers, which the operation tells twice', async () => {
    const caller = await newOrg()
    const one = { response: { modelVersion: 'gemini-2.5-flash', usageMetadata: { promptTokenCount: 10_000 } } }
    const output = { inlinedResponses: { inlinedResponses: [one, one] } }
    let state: object = { name: 'batches/b1', metadata: { state: 'BATCH_STATE_RUNNING' } }
    const undo = upstream.on(/^\/v1beta\//, (exchange) => json(state)(exchange))
    const client = new GoogleGenAI({ apiKey: caller.token, httpOptions: { baseUrl: `${caller.url}/gemini` } })
    const src = [{ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }]
    await client.batches.create({ model: 'gemini-2.5-flash', src })
    await client.batches.get({ name: 'batches/b1' })
    await expectTotal(caller.org, { attempts: 2, inputTokens: 0, unpriced: 1 })
    state = { name: 'batches/b1', done: true, metadata: { state: 'BATCH_STATE_SUCCEEDED', output }, response: output }
    await all(4, async () => {
      const { dest } = await client.batches.get({ name: 'batches/b1' })
      expect(dest?.inlinedResponses).toHaveLength(2)
    })
    // 20 000 tokens at half of 0.3 a million.
    await expectTotal(caller.org, {
      inputTokens: 20_000,
      unpriced: 0,
      attempts: 6,
      credits: 2,
      costs: [{ currency: 'USD', amount: '0.003' }],
    })
    undo()
  })

  test('an interaction of Gemini is counted once, whether it was made at once or in the background', async () => {
    const caller = await newOrg()
    const counts = { total_input_tokens: 10_000, total_output_tokens: 0 }
    const interaction = (more: object) => ({ id: 'i1', status: 'in_progress', model: 'gemini-2.5-flash', ...more })
    let state = interaction({ usage: { total_input_tokens: 0, total_output_tokens: 0 } })
    let tier = 'standard'
    const undo = upstream.on(/^\/v1beta\/interactions/, (exchange) =>
      json(state, { headers: { 'x-gemini-service-tier': tier } })(exchange),
    )
    const send = (method: string, path: string) =>
      rawCall(caller.url, {
        method,
        path: `/gemini/v1beta/interactions${path}`,
        headers: { 'x-goog-api-key': caller.token, 'content-type': 'application/json' },
        ...(method === 'POST' && { body: JSON.stringify({ model: 'gemini-2.5-flash', input: 'x', background: true }) }),
      })
    await send('POST', '')
    await send('GET', '/i1')
    await expectTotal(caller.org, { attempts: 2, inputTokens: 0, unpriced: 1 })
    state = interaction({ status: 'completed', usage: counts })
    await all(3, () => send('GET', '/i1'))
    const once = { inputTokens: 10_000, unpriced: 0, costs: [{ currency: 'USD', amount: '0.003' }] }
    await expectTotal(caller.org, { ...once, attempts: 5, credits: 2 })
    const other = await newOrg()
    caller.token = other.token
    await send('POST', '')
    await all(2, () => send('GET', '/i1'))
    await expectTotal(other.org, { ...once, attempts: 3, credits: 2 })
    const third = await newOrg()
    caller.token = third.token
    tier = 'flex'
    await send('POST', '')
    await send('GET', '/i1')
    await expectTotal(third.org, { ...once, costs: [{ currency: 'USD', amount: '0.0015' }] })
    undo()
  })
})
