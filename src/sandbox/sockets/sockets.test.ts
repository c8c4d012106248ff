import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Sandbox, startSandbox } from '../index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30 })
})
afterAll(() => sandbox.close())

const audio = Buffer.alloc(300).toString('base64')
const live = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
type Row = [
  provider: string,
  path: string,
  headers: (key: string) => Record<string, string>,
  messages: unknown[],
  last: string,
]
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const token = (key: string) => ({ authorization: `Token ${key}` })
const sarvam = (key: string) => ({ 'api-subscription-key': key })
const eleven = (key: string) => ({ 'xi-api-key': key })

const rows: Row[] = [
  [
    'openai',
    '/v1/realtime?model=gpt-realtime',
    bearer,
    [
      { type: 'conversation.item.create', item: { content: [{ type: 'input_text', text: 'hello' }] } },
      { type: 'response.create' },
    ],
    '"type":"response.done"',
  ],
  [
    'openai',
    '/v1/responses',
    bearer,
    [{ type: 'response.create', model: 'm', input: 'hello' }],
    '"type":"response.completed"',
  ],
  [
    'gemini',
    live,
    (key) => ({ 'x-goog-api-key': key }),
    [{ setup: {} }, { clientContent: { turns: [{ parts: [{ text: 'x' }] }] } }],
    '"turnComplete":true',
  ],
  ['elevenlabs', '/v1/text-to-speech/v/stream-input', eleven, [{ text: 'hello ' }, { text: '' }], '"isFinal":true'],
  ['elevenlabs', '/v1/speech-to-text/realtime', eleven, [{ audio_base_64: audio, commit: true }], '300 bytes'],
  [
    'sarvam',
    '/text-to-speech/ws',
    sarvam,
    [{ type: 'text', data: { text: 'x' } }, { type: 'flush' }],
    '"event_type":"final"',
  ],
  ['deepgram', '/v1/listen', token, [Buffer.alloc(300), { type: 'CloseStream' }], '"type":"Metadata"'],
  ['deepgram', '/v1/speak', token, [{ type: 'Speak', text: 'x' }, { type: 'Flush' }], '"type":"Flushed"'],
  [
    'assemblyai',
    '/v3/ws',
    (key) => ({ authorization: key }),
    [Buffer.alloc(300), { type: 'Terminate' }],
    '"type":"Termination"',
  ],
]

/** Opens, sends everything and reads until the text comes or the connection closes. */
async function talk(
  [provider, path, headers, messages, last]: Row,
  behaviour: string,
): Promise<{ text: string; code?: number }> {
  const socket = new WebSocket(`${sandbox.baseUrl(provider).replace('http', 'ws')}${path}`, {
    headers: headers(`sandbox-${behaviour}`),
  })
  let text = ''
  return await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      for (const message of messages) socket.send(Buffer.isBuffer(message) ? message : JSON.stringify(message))
    })
    socket.on('message', (data) => {
      text += data.toString()
      if (text.includes(last)) resolve({ text })
    })
    socket.on('close', (code) => resolve({ text, code }))
  })
}

describe.each(rows)('the socket %s%s', (...row) => {
  test.each(['ok', 'slow'])('answers a key that is %s', async (behaviour) => {
    expect((await talk(row, behaviour)).text).toContain(row[4])
  })

  test('breaks off for a midstream key', async () => {
    expect(await talk(row, 'midstream')).toMatchObject({ code: 1011, text: expect.not.stringContaining(row[4]) })
  })

  test.each([['invalid'], ['quota'], ['down']])('refuses the handshake of a key that is %s', async (behaviour) => {
    await expect(talk(row, behaviour)).rejects.toThrow(/Unexpected server response: (4|5)\d\d/)
  })
})

test('a key in a subprotocol counts, and is never the protocol that is chosen', async () => {
  const socket = new WebSocket(`${sandbox.baseUrl('openai').replace('http', 'ws')}/v1/realtime`, [
    'realtime',
    'openai-insecure-api-key.sk-sandbox-ok',
  ])
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  expect(socket.protocol).toBe('realtime')
  socket.terminate()
})

test('Sarvam transcribes each recording', async () => {
  const row: Row = [
    'sarvam',
    '/speech-to-text/ws',
    sarvam,
    [{ audio: { data: audio, encoding: 'audio/wav' } }],
    '300 bytes',
  ]
  expect((await talk(row, 'ok')).text).toContain('"type":"data"')
})

test('a message whose kind objects inherit is passed over as any unknown one', async () => {
  const message = { type: 'constructor' }
  const row: Row = ['openai', '/v1/realtime', bearer, [message, { type: 'response.create' }], '"type":"response.done"']
  expect((await talk(row, 'ok')).text).toContain('"type":"response.done"')
})
