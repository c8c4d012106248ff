import { SarvamAI, SarvamAIClient, SarvamAIError } from 'sarvamai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30, pieceMs: 0 })
})
afterAll(() => sandbox.close())

const client = (behaviour: string) =>
  new SarvamAIClient({
    baseUrl: sandbox.baseUrl('sarvam'),
    apiSubscriptionKey: `sk_sandbox-${behaviour}`,
    maxRetries: 0,
  })
const chat = { model: 'sarvam-105b' as const, messages: [{ role: 'user' as const, content: 'hello' }] }
const words = { input: 'hello', source_language_code: 'en-IN' as const, target_language_code: 'hi-IN' as const }

test('chat answers whole and as a stream', async () => {
  const whole = await client('ok').chat.completions(chat)
  expect(whole.choices[0]?.message.content).toContain('sandbox')
  expect(whole.usage?.prompt_tokens).toBe(2)
  let text = ''
  for await (const chunk of await client('ok').chat.completions({ ...chat, stream: true }))
    text += chunk.choices[0]?.delta.content ?? ''
  expect(text).toBe(whole.choices[0]?.message.content)
})

test('speech goes in and out', async () => {
  const spoken = await client('ok').textToSpeech.convert({
    text: 'hello',
    language_code: 'hi-IN',
    target_language_code: 'hi-IN',
  } as never)
  const sound = Buffer.from(spoken.audios[0] ?? '', 'base64')
  expect(sound.toString('latin1')).toMatch(/^RIFF[\s\S]+sandbox/)
  const stream = await client('ok').textToSpeech.convertStream({
    text: 'hello',
    target_language_code: 'hi-IN',
  } as never)
  expect(Buffer.from(await stream.arrayBuffer()).toString('latin1')).toMatch(/^ID3/)
  const heard = await client('ok').speechToText.transcribe({
    file: new Blob([Buffer.alloc(1000)]),
    model: 'saaras:v3' as never,
  })
  expect(heard.transcript).toContain('1000 bytes')
  const translated = await client('ok').speechToText.translate({ file: new Blob([Buffer.alloc(10)]) })
  expect(translated.transcript).toContain('10 bytes')
})

test('texts are translated, transliterated and identified without being echoed', async () => {
  const translated = await client('ok').text.translate(words)
  expect(translated).toMatchObject({
    translated_text: expect.stringContaining('sandbox'),
    source_language_code: 'en-IN',
  })
  expect((await client('ok').text.transliterate(words as never)).transliterated_text).toContain('5 characters')
  expect((await client('ok').text.identifyLanguage({ input: 'x' })).language_code).toBe('en-IN')
  expect(
    await (
      await fetch(`${sandbox.baseUrl('sarvam')}/v2/models`, { headers: { 'api-subscription-key': 'sandbox' } })
    ).json(),
  ).toMatchObject({ object: 'list' })
})

describe.each([
  ['invalid', SarvamAI.ForbiddenError, 403, 'invalid_api_key_error'],
  ['expired', SarvamAI.ForbiddenError, 403, 'invalid_api_key_error'],
  ['permission', SarvamAI.ForbiddenError, 403, undefined],
  ['quota', SarvamAI.TooManyRequestsError, 429, 'insufficient_quota_error'],
  ['rate', SarvamAI.TooManyRequestsError, 429, 'rate_limit_exceeded_error'],
  ['down', SarvamAIError, 503, 'rate_limit_exceeded_error'],
] as const)('a key that is %s', (behaviour, error, statusCode, code) => {
  test.each([
    ['chat', () => client(behaviour).chat.completions(chat)],
    ['speech', () => client(behaviour).textToSpeech.convert({ text: 'hello', target_language_code: 'hi-IN' } as never)],
    ['a recording', () => client(behaviour).speechToText.transcribe({ file: new Blob(['x']) })],
    ['a translation', () => client(behaviour).text.translate(words)],
  ])('fails as Sarvam does on %s', async (_, call) => {
    const failure = await Promise.resolve(call()).then(
      () => undefined,
      (reason: SarvamAIError) => reason,
    )
    expect(failure).toBeInstanceOf(error)
    expect(failure?.statusCode).toBe(statusCode)
    expect((failure?.body as { error?: { code: string } } | undefined)?.error?.code).toBe(code)
    expect(JSON.stringify(failure?.body)).toContain('sandbox')
  })
})

test('the key counts only in its own header, and wrong requests are refused', async () => {
  const ask = (headers: Record<string, string>, body: unknown) =>
    fetch(`${sandbox.baseUrl('sarvam')}/translate`, { method: 'POST', headers, body: JSON.stringify(body) }).then(
      (answer) => answer.status,
    )
  expect(await ask({ authorization: 'Bearer sandbox-ok' }, words)).toBe(403)
  expect(await ask({ 'api-subscription-key': 'sandbox-ok' }, { input: 'x' })).toBe(400)
  expect(await ask({ 'api-subscription-key': 'sandbox-ok' }, words)).toBe(200)
})
