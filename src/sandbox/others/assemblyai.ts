import { type Answer, type Call, objectOf, Problem, type Route } from '../call.ts'
import { transcriptOf } from '../content/reply.ts'
import { openAiRoutes } from '../openai/routes.ts'

const transcript = (id: string, status: 'queued' | 'completed') => ({
  id,
  status,
  audio_url: 'https://example.com/sandbox',
  language_code: 'en_us',
  text: status === 'completed' ? transcriptOf(0) : null,
  words: status === 'completed' ? [] : null,
  confidence: status === 'completed' ? 1 : null,
  audio_duration: status === 'completed' ? 1 : null,
  error: null,
})

async function upload(call: Call): Promise<Answer> {
  await call.drain()
  return { json: { upload_url: 'https://cdn.assemblyai.com/upload/sandbox' } }
}

async function create(call: Call): Promise<Answer> {
  const body = await call.json()
  if (!objectOf(body)['audio_url']) throw new Problem('missing_field', 'audio_url')
  return { json: transcript(call.requestId, 'queued') }
}

const list = (): Answer => ({
  json: { page_details: { limit: 1, result_count: 0, current_url: 'sandbox' }, transcripts: [] },
})

export const assemblyAiRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/v2\/upload$/, answer: upload },
  { method: 'POST', path: /^\/v2\/transcript$/, answer: create },
  { method: 'GET', path: /^\/v2\/transcript$/, answer: list },
  {
    method: 'GET',
    path: /^\/v2\/transcript\/(?<id>[^/]+)$/,
    answer: (call) => ({ json: transcript(call.parts['id'] ?? '', 'completed') }),
  },
  ...openAiRoutes,
]
