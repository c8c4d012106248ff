import { anthropicUsage } from '../anthropic/usage.ts'
import type { Surface } from '../provider.ts'
import { batchJob, batchLines, responseJob } from './jobs.ts'
import { transcriptionUsage } from './usage.ts'
import { vendorRoutes } from './vendor-routes.ts'

/** A surface behind whatever a vendor has before its routes. */
export type Route = Omit<Surface, 'path'> & { route: string }

/** OpenAI's own routes, and those that many vendors took over from others. */
const commonRoutes = {
  chat: [
    {
      name: 'chat',
      capability: 'chat',
      method: 'POST',
      route: 'chat/completions',
      model: 'body',
      meters: 'tokens',
      usageOptIn: 'stream_options',
    },
  ],
  storedChat: [
    { name: 'stored chat', route: 'chat/completions(?:/[^/]+){0,2}', model: 'none', meters: 'none', isFree: true },
  ],
  completions: [
    {
      name: 'completions',
      capability: 'chat',
      method: 'POST',
      route: 'completions',
      model: 'body',
      meters: 'tokens',
      usageOptIn: 'stream_options',
    },
  ],
  responses: [
    {
      name: 'responses',
      capability: 'chat',
      method: 'POST',
      route: 'responses',
      model: 'body',
      meters: 'tokens',
      job: responseJob,
    },
    {
      name: 'compacted responses',
      capability: 'chat',
      method: 'POST',
      route: 'responses/compact',
      model: 'body',
      meters: 'tokens',
    },
    {
      name: 'stored responses',
      route: 'responses/[^/]+(?:/[^/]+)?',
      model: 'anywhere',
      meters: 'tokens',
      isFree: true,
      job: responseJob,
    },
  ],
  responsesSocket: [
    {
      // Each of its messages may name a model of its own.
      name: 'responses socket',
      capability: 'chat',
      method: 'GET',
      route: 'responses',
      model: 'anywhere',
      meters: 'tokens',
    },
  ],
  decisions: [
    { name: 'decisions', capability: 'chat', method: 'POST', route: 'decisions', model: 'body', meters: 'tokens' },
  ],
  messages: [
    {
      name: 'messages',
      capability: 'chat',
      method: 'POST',
      route: 'messages',
      model: 'body',
      dialect: 'anthropic',
      meters: 'tokens',
      usage: anthropicUsage,
    },
  ],
  embeddings: [
    {
      name: 'embeddings',
      capability: 'embeddings',
      method: 'POST',
      route: 'embeddings',
      model: 'body',
      meters: 'tokens',
    },
  ],
  rerank: [{ name: 'rerank', method: 'POST', route: 'rerank', model: 'body', meters: 'tokens' }],
  transcriptions: [
    {
      name: 'transcriptions',
      capability: 'speech_to_text',
      method: 'POST',
      route: 'audio/transcriptions',
      model: 'form',
      meters: 'audio',
      usage: transcriptionUsage,
    },
  ],
  audioTranslations: [
    {
      name: 'audio translations',
      capability: 'speech_to_text',
      method: 'POST',
      route: 'audio/translations',
      model: 'form',
      meters: 'audio',
      usage: transcriptionUsage,
    },
  ],
  speech: [
    {
      name: 'speech',
      capability: 'text_to_speech',
      method: 'POST',
      route: 'audio/speech',
      model: 'body',
      meters: 'characters',
      textField: 'input',
    },
  ],
  images: [
    {
      name: 'images',
      capability: 'images',
      method: 'POST',
      route: 'images/generations',
      model: 'body',
      meters: 'tokens',
    },
    {
      name: 'image edits',
      capability: 'images',
      method: 'POST',
      route: 'images/(?:edits|variations)',
      model: 'form',
      meters: 'tokens',
    },
  ],
  moderations: [{ name: 'moderations', method: 'POST', route: 'moderations', model: 'body', meters: 'none' }],
  realtime: [
    { name: 'realtime', capability: 'realtime', method: 'GET', route: 'realtime', model: 'query', meters: 'tokens' },
    {
      name: 'realtime sessions',
      capability: 'realtime',
      route: 'realtime/[^/]+(?:/[^/]+){0,2}',
      model: 'anywhere',
      meters: 'none',
    },
  ],
  models: [{ name: 'models', route: 'models(?:/[^?]{1,200})?', model: 'none', meters: 'none' }],
  files: [
    {
      name: 'file content',
      method: 'GET',
      route: 'files/(?<job>[^/]+)/content',
      model: 'none',
      meters: 'tokens',
      isFree: true,
      job: batchLines,
    },
    { name: 'files', route: '(?:files|uploads)(?:/[^/]+){0,3}', model: 'none', meters: 'none', isFree: true },
  ],
  batches: [
    {
      name: 'batches',
      route: 'batches',
      model: 'anywhere',
      modelsInFile: 'input_file_id',
      meters: 'none',
      job: batchJob,
    },
    {
      name: 'batches',
      route: 'batches(?:/[^/]+){1,2}',
      model: 'anywhere',
      meters: 'tokens',
      isFree: true,
      job: batchJob,
    },
  ],
} as const satisfies Record<string, readonly Route[]>

/** What the routes of an OpenAI-compatible API are; a vendor offers some of them. */
const routes = { ...commonRoutes, ...vendorRoutes }

export type OpenaiSurface = keyof typeof routes

/** @param base source of an expression for what stands before the route, such as `/v1`; without anchors. */
export function openaiSurfaces(base: string, offered: readonly OpenaiSurface[]): Surface[] {
  return offered.flatMap((name) =>
    (routes[name] as readonly Route[]).map(({ route, ...surface }) => ({
      ...surface,
      path: new RegExp(`^${base}/${route}$`),
    })),
  )
}
