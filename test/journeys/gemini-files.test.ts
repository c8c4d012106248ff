import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canarySandboxKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json, type RecordedRequest } from '../support/upstream.ts'

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney({ sandbox: true })
  token = (await journey.newOrg()).token
})
afterAll(() => journey.close())

const filesOf = (apiKey: string) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${journey.ownkey.url}/gemini` } }).files
const goOn = '/upload/v1beta/files?upload_id=AB-1&upload_protocol=resumable'
const blob = new Blob(['a manual'], { type: 'text/plain' })

/** Answers as Google does: where to go on, then the file. */
function playUploads(address: (rest: string) => string): () => void {
  const active = (rest: string) => ({ 'x-goog-upload-status': 'active', 'x-goog-upload-url': address(rest) })
  return journey.upstream.on('/upload/v1beta/files', (exchange) => {
    const begins = exchange.request.header('x-goog-upload-command') === 'start'
    const answer = begins
      ? json({}, { headers: active(goOn) })
      : json({ file: { name: 'files/abc', state: 'ACTIVE' } }, { headers: { 'x-goog-upload-status': 'final' } })
    return answer(exchange)
  })
}

const begin = (headers: Record<string, string> = {}) =>
  rawCall(journey.ownkey.url, {
    method: 'POST',
    path: '/google/upload/v1beta/files',
    headers: {
      'x-goog-api-key': token,
      'x-goog-upload-command': 'start',
      'content-type': 'application/json',
      ...headers,
    },
    body: '{}',
  })

describe('an upload to Gemini with Google’s SDK', () => {
  test('goes on through Ownkey, with the own key at the provider and never with the token', async () => {
    const off = playUploads((path) => journey.upstream.origin + path)
    const before = journey.upstream.journal.requests.length
    const file = await filesOf(token).upload({ file: blob, config: { mimeType: 'text/plain' } })
    off()
    expect(file).toMatchObject({ name: 'files/abc', state: 'ACTIVE' })
    const sent = journey.upstream.journal.requests.slice(before)
    expect(sent.map(({ path }: RecordedRequest) => path)).toEqual(['/upload/v1beta/files', '/upload/v1beta/files'])
    for (const request of sent) {
      expect(request.header('x-goog-api-key')).toBe(canaryKeys.gemini)
      expect(JSON.stringify(request.headers)).not.toContain(token)
    }
    expect(sent[1]?.body().toString()).toBe('a manual')
  })

  test('works with a sandbox key, and the file is found by its name', async () => {
    await journey.ownkey.putOrg('playing')
    await journey.ownkey.putKey('playing', 'gemini', canarySandboxKeys.gemini)
    const files = filesOf(await journey.ownkey.token({ org: 'playing', feature: 'assistant' }))
    const file = await files.upload({ file: blob, config: { mimeType: 'text/plain', displayName: 'Manual' } })
    expect(file).toMatchObject({ displayName: 'Manual', mimeType: 'text/plain', sizeBytes: '8', state: 'ACTIVE' })
    expect(await files.get({ name: file.name ?? '' })).toMatchObject(file)
  })
})

describe('the address at which an upload goes on', () => {
  test.each([
    ['at the provider', () => `${journey.upstream.origin}${goOn}`],
    ['at Google, behind a proxy that hands its answer on', () => `https://generativelanguage.googleapis.com${goOn}`],
  ])('%s is told as the one behind Ownkey, as the caller reaches it', async (_name, address) => {
    const off = playUploads(address)
    const plain = await begin()
    const secure = await begin({ 'x-forwarded-proto': 'https' })
    off()
    const told = `${journey.ownkey.url}/gemini${goOn}&key=okp_`
    expect(plain.header('x-goog-upload-url')).toContain(told)
    expect(secure.header('x-goog-upload-url')).toContain(told.replace('http:', 'https:'))
    expect(plain.header('x-goog-upload-url')).not.toContain(token)
  })

  test('opens by itself, as Google’s does: its Python SDK sends no key there', async () => {
    const off = playUploads((path) => journey.upstream.origin + path)
    const address = (await begin()).header('x-goog-upload-url') ?? ''
    const headers = { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0' }
    const answer = await fetch(address, { method: 'POST', headers, body: 'a manual' })
    off()
    expect([answer.status, await answer.json()]).toEqual([200, { file: { name: 'files/abc', state: 'ACTIVE' } }])
    const sent = journey.upstream.journal.requests.at(-1)
    expect([sent?.header('x-goog-api-key'), sent?.body().toString()]).toEqual([canaryKeys.gemini, 'a manual'])
    expect(`${sent?.target}${JSON.stringify(sent?.headers)}`).not.toContain(token)
  })

  test('keeps the organization that headers named, and may not be used for another', async () => {
    const service = await journey.ownkey.token()
    const { org } = await journey.newOrg()
    const off = playUploads((path) => journey.upstream.origin + path)
    const named = { 'x-goog-api-key': service, 'ownkey-org': org, 'ownkey-feature': 'assistant' }
    const address = (await begin(named)).header('x-goog-upload-url') ?? ''
    const goesOn = (headers: Record<string, string> = {}, to = address) =>
      fetch(to, {
        method: 'POST',
        headers: { 'x-goog-upload-command': 'upload, finalize', ...headers },
        body: 'a manual',
      })
    const answers = [await goesOn(), await goesOn({ 'ownkey-org': org }), await goesOn({ 'ownkey-org': 'another' })]
    const elsewhere = await goesOn({}, address.replace('upload_id=AB-1', 'upload_id=AB-2'))
    const changed = await goesOn({}, `${address.slice(0, -9)}AAAAAAAAA`)
    off()
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403])
    expect([elsewhere.status, changed.status]).toEqual([401, 401])
    expect([elsewhere, changed].map(({ headers }) => headers.get('ownkey-error'))).toEqual([
      'token_invalid',
      'token_invalid',
    ])
  })

  test('opens nothing once its token is revoked', async () => {
    const { org } = await journey.newOrg()
    const made = await journey.ownkey.api('POST', '/tokens', { kind: 'access', org, feature: 'assistant' })
    const off = playUploads((path) => journey.upstream.origin + path)
    const address = (await begin({ 'x-goog-api-key': made.body.token })).header('x-goog-upload-url') ?? ''
    await journey.ownkey.api('DELETE', `/tokens/${made.body.id}`)
    const answer = await fetch(address, { method: 'POST', body: 'a manual' })
    off()
    expect([answer.status, answer.headers.get('ownkey-error')]).toEqual([401, 'token_invalid'])
  })

  test('anywhere else is told as it is', async () => {
    const off = playUploads(() => 'https://storage.example.test/x?signature=1')
    const answer = await begin()
    off()
    expect(answer.header('x-goog-upload-url')).toBe('https://storage.example.test/x?signature=1')
  })
})
