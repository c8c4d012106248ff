import { entryOf } from '../../lib/index.ts'
import { type Answer, type Call, modelField, Problem, type Route, textField } from '../call.ts'
import { secondsOf, transcriptOf } from '../content/reply.ts'
import { type SoundKind, sampleRateOf, slices, soundOf, soundTypes, spokenSeconds } from '../content/sound.ts'

const encodings: Readonly<Record<string, SoundKind>> = {
  mp3: 'mp3',
  linear16: 'wav',
  opus: 'opus',
  flac: 'flac',
  aac: 'aac',
  mulaw: 'ulaw',
  alaw: 'alaw',
}

async function listen(call: Call): Promise<Answer> {
  const model = modelField(call.query.get('model') ?? 'nova-3')
  const remote = /^application\/json\b/.test(call.headers['content-type'] ?? '')
  if (remote) textField(await call.json(), 'url')
  const bytes = remote ? 0 : await call.drain()
  if (!remote && bytes === 0) throw new Problem('missing_field', 'audio')
  const [transcript, duration] = [transcriptOf(bytes), secondsOf(bytes)]
  const words = transcript.split(' ').map((word) => ({ word, start: 0, end: duration, confidence: 1 }))
  return {
    json: {
      metadata: {
        transaction_key: 'deprecated',
        request_id: call.requestId,
        sha256: '0'.repeat(64),
        created: new Date().toISOString(),
        duration,
        channels: 1,
        models: [model],
      },
      results: { channels: [{ alternatives: [{ transcript, confidence: 1, words }] }] },
    },
  }
}

async function speak(call: Call): Promise<Answer> {
  const model = modelField(call.query.get('model') ?? 'aura-2-thalia-en')
  const text = textField(await call.json(), 'text')
  const kind = entryOf(encodings, call.query.get('encoding') ?? 'mp3')
  if (!kind) throw new Problem('invalid_field', 'encoding')
  const sampleRate = sampleRateOf(call.query.get('sample_rate') ?? 24_000, 'sample_rate')
  const headers = {
    'content-type': soundTypes[kind],
    'dg-request-id': call.requestId,
    'dg-model-name': model,
    'dg-char-count': String(text.length),
  }
  return { headers, pieces: slices(soundOf({ kind, sampleRate }, spokenSeconds(text.length)), 4096) }
}

async function analyse(call: Call): Promise<Answer> {
  const body = await call.json()
  if (!body['url']) textField(body, 'text')
  const metadata = { request_id: call.requestId, created: new Date().toISOString(), language: 'en' }
  return { json: { metadata, results: { summary: { text: 'This is the Ownkey sandbox: nothing was read.' } } } }
}

export const deepgramRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/v1\/listen$/, answer: listen },
  { method: 'POST', path: /^\/v1\/speak$/, answer: speak },
  { method: 'POST', path: /^\/v1\/read$/, answer: analyse },
  {
    method: 'POST',
    path: /^\/v1\/auth\/grant$/,
    answer: ({ requestId }) => ({ json: { access_token: requestId, expires_in: 30 } }),
  },
  {
    method: 'GET',
    path: /^\/v1\/projects\/[^/]+\/balances$/,
    answer: () => ({ json: { balances: [{ balance_id: 'sandbox', amount: 100, units: 'usd' }] } }),
  },
  {
    method: 'GET',
    path: /^\/v1\/auth\/token$/,
    answer: () => ({
      json: { api_key_id: 'sandbox', scopes: ['usage:write', 'project:read'], created: '2026-01-01T00:00:00Z' },
    }),
  },
  {
    method: 'GET',
    path: /^\/v1\/projects$/,
    answer: () => ({ json: { projects: [{ project_id: 'sandbox', name: 'Sandbox' }] } }),
  },
  {
    method: 'GET',
    path: /^\/v1\/models$/,
    answer: () => ({ json: { stt: [{ name: 'nova-3' }], tts: [{ name: 'aura-2' }] } }),
  },
]
