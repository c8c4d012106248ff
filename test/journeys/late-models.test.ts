/** A body may name its model behind what is long: clients that write a form's file or a chat's messages first do. */
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { json } from '../support/upstream.ts'

const more = {
  prices: { openai: { 'test-*': { input: 1, output: 10, audioMinute: 6 } } },
  plans: { plain: { verify: 'format_only', fallback: { mode: 'never' } } },
}
const chat = { choices: [{ message: { content: 'x' } }], usage: { prompt_tokens: 7, completion_tokens: 11 } }

let journey: Journey
beforeAll(async () => {
  journey = await startJourney({ more })
  journey.upstream.on('/v1/chat/completions', json(chat))
  journey.upstream.on('/v1/audio/transcriptions', json({ text: 'x', usage: { type: 'duration', seconds: 60 } }))
})
afterAll(() => journey?.close())

interface Sent {
  type: string
  /** Absent: the body is chunked, and each piece goes out once the one before it was taken. */
  length?: number
}

async function send(path: string, pieces: readonly (string | Buffer)[], { type, length }: Sent) {
  const { org, token } = await journey.newOrg('plain')
  const { hostname, port } = new URL(journey.ownkey.url)
  const call = request({
    hostname,
    port,
    path,
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': type,
      ...(length !== undefined && { 'content-length': length }),
    },
  })
  const before = journey.upstream.journal.requests.length
  const answered = new Promise<Record<string, unknown>>((resolve, reject) => {
    call.on('error', reject)
    call.on('response', (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.headers))
    })
  })
  const [first, ...others] = pieces
  call.write(first)
  // The provider has its head: what follows comes behind the decision.
  if (others.length > 0) await journey.upstream.journal.request(before)
  for (const piece of others) call.write(piece)
  call.end()
  const headers = await answered
  const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests`)
  return { headers, entry: body.items[0] }
}

const prompt = 'x'.repeat(300_000)
const behind = `{"max_tokens":5,"messages":[{"role":"user","content":"${prompt}"}],"model":"test-1"}`
const part = (name: string, more = '') => `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`
const recording = Buffer.concat([
  Buffer.from(part('file', '; filename="a.mp3"')),
  Buffer.alloc(300_000),
  Buffer.from('\r\n'),
])
const form = Buffer.concat([recording, Buffer.from(`${part('model')}test-1\r\n--B--\r\n`)])
const jsonType = 'application/json'
const formType = 'multipart/form-data; boundary=B'
const at = { chat: '/openai/v1/chat/completions', audio: '/openai/v1/audio/transcriptions' }

test.each([
  ['behind a long prompt', at.chat, [behind], { type: jsonType, length: behind.length }, '0.000117'],
  [
    'in a later piece of a chunked body',
    at.chat,
    ['{"messages":[],', '"model":"test-1"}'],
    { type: jsonType },
    '0.000117',
  ],
  ['behind the file of a form', at.audio, [form], { type: formType, length: form.length }, '6'],
  [
    'behind a file that is uploaded in pieces',
    at.audio,
    [recording.subarray(0, 90), recording.subarray(90), `${part('model')}test-1\r\n--B-`, '-\r\n'],
    { type: formType },
    '6',
  ],
])('a model %s is in the books and priced, and the answer names it', async (_where, path, pieces, sent, amount) => {
  const { headers, entry } = await send(path, pieces, sent)
  expect(headers['ownkey-model']).toBe('test-1')
  expect(entry).toMatchObject({ status: 200, model: 'test-1', estimated: false, cost: { currency: 'USD', amount } })
})
