import { openaiSurfaces } from '../openai-like/surfaces.ts'
import type { Surface } from '../provider.ts'
import { googleBatch, googleLines, interactionJob } from './jobs.ts'

const version = '/v1(?:alpha|beta)?'
const modelCall = (verbs: string): RegExp => new RegExp(`^${version}/models/(?<model>[^/:]+):(?:${verbs})$`)
const tunedCall = (verbs: string): RegExp => new RegExp(`^${version}/(?<model>tunedModels/[^/:]+):(?:${verbs})$`)

/** The socket of `live.connect`; Google's SDKs call it by the version that they speak, `v1` from 3.0 on. */
export const live =
  /^\/ws\/google\.ai\.generativelanguage\.v1(?:alpha|beta)?\.GenerativeService\.BidiGenerateContent(?:Constrained)?$/

const generate = 'generateContent|streamGenerateContent|generateAnswer'

export const geminiSurfaces: readonly Surface[] = [
  { name: 'generate', capability: 'chat', method: 'POST', path: modelCall(generate), model: 'path', meters: 'tokens' },
  {
    name: 'generate (tuned)',
    capability: 'chat',
    method: 'POST',
    path: tunedCall(generate),
    model: 'path',
    meters: 'tokens',
  },
  {
    name: 'embed',
    capability: 'embeddings',
    method: 'POST',
    path: modelCall('embedContent|batchEmbedContents'),
    model: 'path',
    meters: 'tokens',
  },
  { name: 'count tokens', method: 'POST', path: modelCall('countTokens'), model: 'path', meters: 'none', isFree: true },
  {
    name: 'images',
    capability: 'images',
    method: 'POST',
    path: modelCall('predict|predictLongRunning'),
    model: 'path',
    meters: 'none',
  },
  {
    name: 'batches',
    method: 'POST',
    path: modelCall('batchGenerateContent|asyncBatchEmbedContent'),
    model: 'path',
    meters: 'none',
    job: googleBatch,
  },
  {
    name: 'batches',
    path: new RegExp(`^${version}/(?<job>batches/[^/:]+)(?::cancel)?$`),
    model: 'none',
    meters: 'tokens',
    isFree: true,
    job: googleBatch,
  },
  {
    name: 'interactions',
    capability: 'chat',
    method: 'POST',
    path: new RegExp(`^${version}/interactions$`),
    model: 'body',
    meters: 'tokens',
    job: interactionJob,
  },
  {
    name: 'decisions',
    capability: 'chat',
    method: 'POST',
    path: new RegExp(`^${version}/decisions$`),
    model: 'body',
    meters: 'tokens',
  },
  {
    name: 'stored interactions',
    path: new RegExp(`^${version}/interactions/(?<job>[^/:]+)(?:/cancel)?$`),
    model: 'none',
    meters: 'tokens',
    isFree: true,
    job: interactionJob,
  },
  {
    name: 'live',
    capability: 'realtime',
    path: live,
    model: 'none',
    meters: 'tokens',
  },
  ...openaiSurfaces(`${version}/openai`, ['chat', 'embeddings', 'images', 'models', 'files', 'batches']),
  {
    name: 'models',
    path: new RegExp(`^${version}/(?:models|tunedModels)(?:/[^/:]+)?$`),
    model: 'none',
    meters: 'none',
  },
  {
    name: 'upload',
    path: new RegExp(`^(?:/resumable)?/upload${version}/files$`),
    model: 'none',
    meters: 'none',
    isFree: true,
  },
  {
    name: 'file content',
    method: 'GET',
    path: new RegExp(`^(?:/download)?${version}/(?<job>files/[^/:]+):download$`),
    model: 'none',
    meters: 'tokens',
    isFree: true,
    job: googleLines,
  },
  {
    name: 'files',
    path: new RegExp(`^(?:/download)?${version}/files(?:/[^/]+)?$`),
    model: 'none',
    meters: 'none',
    isFree: true,
  },
  { name: 'caches', path: new RegExp(`^${version}/cachedContents(?:/[^/]+)?$`), model: 'anywhere', meters: 'none' },
]
