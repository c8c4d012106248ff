import Anthropic, { toFile } from '@anthropic-ai/sdk'
import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js'
import { GoogleGenAI } from '@google/genai'
import { Mistral } from '@mistralai/mistralai'
import OpenAI, { AuthenticationError, NotFoundError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './start-sandbox.ts'

/** What providers keep for their customers, as their own SDKs ask for it. The sandbox keeps nothing: its ids tell what was sent. */
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 1, pieceMs: 0 })
})
afterAll(() => sandbox.close())

const openai = (behaviour = 'ok') =>
  new OpenAI({ baseURL: `${sandbox.baseUrl('openai')}/v1`, apiKey: `sk-sandbox-${behaviour}`, maxRetries: 0 })
const anthropic = (behaviour = 'ok') =>
  new Anthropic({ baseURL: sandbox.baseUrl('anthropic'), apiKey: `sk-ant-sandbox-${behaviour}`, maxRetries: 0 })
const bytes = Buffer.alloc(1_234)

describe('OpenAI', () => {
  test('keeps files', async () => {
    const { files } = openai()
    const made = await files.create({ file: await toFile(bytes, 'täble.csv'), purpose: 'user_data' })
    expect(made).toMatchObject({ bytes: 1_234, filename: 'täble.csv', purpose: 'user_data' })
    expect(await files.retrieve(made.id)).toEqual(made)
    expect(await (await files.content(made.id)).text()).toMatch(/sandbox.*täble\.csv/)
    expect(await files.delete(made.id)).toMatchObject({ id: made.id, deleted: true })
    for (const id of ['file-abc', 'file-sandboxzz'])
      expect(await files.retrieve(id).catch((error) => error)).toBeInstanceOf(NotFoundError)
  })

  test('keeps uploads in parts', async () => {
    const { uploads } = openai()
    const about = { bytes: 1_234, filename: 'a.csv', mime_type: 'text/csv', purpose: 'batch' as const }
    const { id, status } = await uploads.create(about)
    const part = await uploads.parts.create(id, { data: await toFile(bytes, 'a.csv') })
    expect([status, part.upload_id]).toEqual(['pending', id])
    const { file } = await uploads.complete(id, { part_ids: [part.id] })
    expect(await openai().files.retrieve(file?.id ?? '')).toMatchObject({ bytes: 1_234, filename: 'a.csv' })
    expect(await uploads.cancel(id)).toMatchObject({ status: 'cancelled' })
  })

  test('keeps batches', async () => {
    const { batches, files } = openai()
    const asked = { input_file_id: 'file-x', endpoint: '/v1/chat/completions', completion_window: '24h' } as const
    const made = await batches.create(asked)
    expect(made).toMatchObject({ ...asked, status: 'validating', output_file_id: null })
    const done = await batches.retrieve(made.id)
    expect(done.status).toBe('completed')
    expect(await (await files.content(done.output_file_id ?? '')).text()).toContain('sandbox')
    expect((await batches.cancel(made.id)).status).toBe('cancelling')
  })

  test('keeps responses, and answers those of the background when they are asked for', async () => {
    const { responses } = openai()
    const at = { model: 'gpt-4o-mini', input: 'nine char' }
    const whole = await responses.create(at)
    expect(await responses.retrieve(whole.id)).toMatchObject({ output_text: whole.output_text, usage: whole.usage })
    const queued = await responses.create({ ...at, background: true })
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [], usage: null })
    expect(await responses.retrieve(queued.id)).toMatchObject({
      status: 'completed',
      background: true,
      output_text: whole.output_text,
    })
    expect([whole, await responses.retrieve(whole.id)]).toMatchObject([{ background: false }, { background: false }])
    expect((await responses.cancel(queued.id)).status).toBe('cancelled')
    await responses.delete(whole.id)
  })

  test('refuses a wrong key there too', async () => {
    for (const call of [
      () => openai('invalid').files.retrieve('file-abc'),
      () => openai('invalid').batches.retrieve('batch_abc'),
      () => openai('invalid').responses.retrieve('resp_abc'),
    ])
      expect(await call().catch((error) => error)).toBeInstanceOf(AuthenticationError)
  })
})

describe('Anthropic', () => {
  test('keeps files', async () => {
    const { files } = anthropic().beta
    const made = await files.upload({ file: await toFile(bytes, 'a.pdf') })
    expect(made).toMatchObject({ filename: 'a.pdf', size_bytes: 1_234 })
    expect(await files.retrieveMetadata(made.id)).toEqual(made)
    expect(await (await files.download(made.id)).text()).toContain('sandbox')
    expect(await files.delete(made.id)).toMatchObject({ id: made.id })
  })

  test('keeps batches, and tells a result for each request', async () => {
    const { batches } = anthropic().messages
    const params = { model: 'claude-sonnet-5-5', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] }
    const names = ['one', 'two']
    const made = await batches.create({ requests: names.map((custom_id) => ({ custom_id, params })) })
    expect(made).toMatchObject({ processing_status: 'in_progress', request_counts: { processing: 2 } })
    const done = await batches.retrieve(made.id)
    expect(done).toMatchObject({ processing_status: 'ended', request_counts: { succeeded: 2 } })
    const results = await fetch(`${sandbox.baseUrl('anthropic')}/v1/messages/batches/${made.id}/results`, {
      headers: { 'x-api-key': 'sandbox-ok' },
    })
    const lines = (await results.text()).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      names.map((custom_id) => ({ custom_id, result: { message: { model: 'claude-sonnet-5-5' } } })),
    )
    expect(lines.join('')).toContain('sandbox')
    expect((await batches.cancel(made.id)).processing_status).toBe('canceling')
    await batches.delete(made.id)
  })
})

describe('Mistral, whose SDK takes no answer that lacks a field', () => {
  const mistral = () => new Mistral({ serverURL: sandbox.baseUrl('mistral'), apiKey: 'sandbox-ok' })
  const content = new Blob([bytes])

  test('keeps files', async () => {
    const { files } = mistral()
    const made = await files.upload({ file: { fileName: 'a.jsonl', content }, purpose: 'batch' })
    expect(made).toMatchObject({ filename: 'a.jsonl', sizeBytes: 1_234, sampleType: 'batch_request', source: 'upload' })
    expect(await files.retrieve({ fileId: made.id })).toMatchObject(made)
    expect((await files.upload({ file: { fileName: 'b.jsonl', content } })).purpose).toBe('fine-tune')
    expect((await files.list({})).data).toEqual([])
    expect(await files.delete({ fileId: made.id })).toMatchObject({ deleted: true })
  })

  test('keeps batch jobs, of files and of requests', async () => {
    const { batch, files } = mistral()
    const asked = { endpoint: '/v1/chat/completions', model: 'mistral-small-latest' } as const
    const made = await batch.jobs.create({ ...asked, inputFiles: ['file-x'] })
    expect(made).toMatchObject({ ...asked, status: 'QUEUED', inputFiles: ['file-x'], completedRequests: 0 })
    expect((await batch.jobs.create({ ...asked, inputFiles: ['file-x'] })).id).not.toBe(made.id)
    const done = await batch.jobs.get({ jobId: made.id })
    expect(done).toMatchObject({ status: 'SUCCESS', totalRequests: 1, succeededRequests: 1 })
    expect(await new Response(await files.download({ fileId: done.outputFile ?? '' })).text()).toContain('sandbox')
    expect((await batch.jobs.cancel({ jobId: made.id })).status).toBe('CANCELLATION_REQUESTED')
    expect((await batch.jobs.list({})).total).toBe(0)
    const requests = [{ customId: 'one', body: { messages: [] } }]
    expect(await batch.jobs.create({ ...asked, requests })).toMatchObject({ totalRequests: 1, inputFiles: [] })
  })

  test('counts embeddings as its SDKs before 2 need it', async () => {
    const answer = await fetch(`${sandbox.baseUrl('mistral')}/v1/embeddings`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-ok', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'mistral-embed', input: ['a'] }),
    })
    expect(await answer.json()).toMatchObject({ usage: { prompt_tokens: 1, total_tokens: 1, completion_tokens: 0 } })
  })
})

test('a batch is another one than an equal batch, and its results stand in another file, also after a new start', async () => {
  const asked = { input_file_id: 'file-x', endpoint: '/v1/chat/completions', completion_window: '24h' } as const
  const params = { model: 'claude-sonnet-5-5', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] }
  const ordered = async (place: Sandbox) => {
    const { batches } = new OpenAI({ baseURL: `${place.baseUrl('openai')}/v1`, apiKey: 'sandbox-ok' })
    const made = await batches.retrieve((await batches.create(asked)).id)
    const claude = new Anthropic({ baseURL: place.baseUrl('anthropic'), apiKey: 'sandbox-ok' }).messages.batches
    const gemini = new GoogleGenAI({ apiKey: 'sandbox-ok', httpOptions: { baseUrl: place.baseUrl('gemini') } }).batches
    return [
      made.id,
      made.output_file_id,
      (await claude.create({ requests: [{ custom_id: 'one', params }] })).id,
      (await gemini.create({ model: 'gemini-2.5-flash', src: [{ contents: 'x' }] })).name,
    ]
  }
  const next = await startSandbox({ slowMs: 1, pieceMs: 0 })
  const ids = [...(await ordered(next)), ...(await ordered(sandbox)), ...(await ordered(sandbox))]
  await next.close()
  expect(new Set(ids).size).toBe(12)
})

test('Gemini keeps caches and batches', async () => {
  const httpOptions = { baseUrl: sandbox.baseUrl('gemini') }
  const { caches, batches } = new GoogleGenAI({ apiKey: 'AIza-sandbox-ok', httpOptions })
  const made = await caches.create({ model: 'gemini-2.5-flash', config: { displayName: 'mine', contents: 'x' } })
  expect(await caches.get({ name: made.name ?? '' })).toMatchObject({ name: made.name, displayName: 'mine' })
  await caches.delete({ name: made.name ?? '' })
  const job = await batches.create({ model: 'gemini-2.5-flash', src: [{ contents: 'x' }] })
  expect(job.state).toBe('JOB_STATE_PENDING')
  const done = await batches.get({ name: job.name ?? '' })
  expect(done.state).toBe('JOB_STATE_SUCCEEDED')
  expect(JSON.stringify(done.dest)).toContain('sandbox')
  await batches.cancel({ name: job.name ?? '' })
  await batches.delete({ name: job.name ?? '' })
})

test('ElevenLabs keeps history, dubbings and settings', async () => {
  const client = new ElevenLabsClient({ baseUrl: sandbox.baseUrl('elevenlabs'), apiKey: 'sk_sandbox-ok' })
  expect(await client.history.get('sandbox-1')).toMatchObject({ voiceName: 'Rachel (sandbox)' })
  await client.history.delete('sandbox-1')
  const { dubbingId } = await client.dubbing.create({ targetLang: 'hi', sourceUrl: 'https://example.com/a.mp4' })
  expect(await client.dubbing.get(dubbingId)).toMatchObject({ status: 'dubbed', targetLanguages: ['hi'] })
  expect(await client.voices.settings.get('21m00Tcm4TlvDq8ikWAM')).toMatchObject({ stability: 0.5 })
})
