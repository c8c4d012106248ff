import { messages } from '../anthropic/messages.ts'
import { type Answer, type Call, modelField, type Route } from '../call.ts'
import { modelIds } from '../openai/models.ts'
import { openAiRoutes } from '../openai/routes.ts'
import { batchEmbedContents, embedContent } from './embed.ts'
import { deleteFile, getFile, uploadFile } from './files.ts'
import { countTokens, generateContent, streamGenerateContent } from './generate.ts'
import { createBatch, createCache, doNothing, getBatch, getCache } from './kept.ts'
import { interact, predict } from './predict.ts'

function described(id: string) {
  return {
    name: `models/${id}`,
    version: 'sandbox',
    displayName: `${id} (sandbox)`,
    description: 'Played by the Ownkey sandbox.',
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: id.includes('embedding')
      ? ['embedContent', 'batchEmbedContents']
      : ['generateContent', 'streamGenerateContent', 'countTokens'],
  }
}

function listModels(call: Call): Answer {
  const size = Number(call.query.get('pageSize') ?? 50)
  return { json: { models: modelIds(call.provider).slice(0, size).map(described) } }
}

function getModel(call: Call): Answer {
  return { json: described(modelField(call.parts['model'])) }
}

/** Behind AI Studio's `/v1beta/models/…` as behind Vertex' longer paths. */
const onModel = (verb: string, answer: Route['answer'], breaks = true): Route => ({
  method: 'POST',
  path: new RegExp(`^/v1[a-z0-9]*/(?:.*/)?(?:models|tunedModels)/(?<model>[^/:]+):${verb}$`),
  answer,
  breaks,
})

const kept = (method: string, path: string, answer: Route['answer']): Route => ({
  method,
  path: new RegExp(`^/v1[a-z0-9]*/${path}$`),
  answer,
})
const id = '(?<id>[^/:]+)'
const keptRoutes: readonly Route[] = [
  kept('POST', 'cachedContents', createCache),
  kept('GET', `cachedContents/${id}`, getCache),
  kept('PATCH', `cachedContents/${id}`, getCache),
  kept('DELETE', `cachedContents/${id}`, doNothing),
  kept('GET', `batches/${id}`, getBatch),
  kept('POST', `batches/${id}:cancel`, doNothing),
  kept('DELETE', `batches/${id}`, doNothing),
]

export const geminiRoutes: readonly Route[] = [
  onModel('generateContent', generateContent),
  onModel('streamGenerateContent', streamGenerateContent),
  onModel('countTokens', countTokens, false),
  onModel('embedContent', embedContent),
  onModel('batchEmbedContents', batchEmbedContents),
  onModel('(?:rawPredict|streamRawPredict)', messages),
  onModel('predict', predict),
  { method: 'POST', path: /^\/v1[a-z0-9]*\/interactions$/, answer: interact },
  onModel('batchGenerateContent', createBatch),
  { method: 'GET', path: /^\/v1[a-z0-9]*\/batches$/, answer: () => ({ json: { operations: [] } }) },
  ...keptRoutes,
  { method: 'GET', path: /^\/v1[a-z0-9]*\/cachedContents$/, answer: () => ({ json: { cachedContents: [] } }) },
  { method: 'GET', path: /^\/v1[a-z0-9]*\/(?:publishers\/[^/]+\/)?models$/, answer: listModels },
  { method: 'GET', path: /^\/v1[a-z0-9]*\/(?:publishers\/[^/]+\/)?models\/(?<model>[^/:]+)$/, answer: getModel },
  { method: 'GET', path: /^\/v1[a-z0-9]*\/files$/, answer: () => ({ json: { files: [], sandbox: true } }) },
  { method: 'POST', path: /^\/upload\/v1[a-z0-9]*\/files$/, answer: uploadFile },
  { method: 'PUT', path: /^\/upload\/v1[a-z0-9]*\/files$/, answer: uploadFile },
  { method: 'GET', path: /^\/v1[a-z0-9]*\/files\/(?<file>[^/:]+)$/, answer: getFile },
  { method: 'DELETE', path: /^\/v1[a-z0-9]*\/files\/(?<file>[^/:]+)$/, answer: deleteFile },
  ...openAiRoutes.map(
    (route): Route => ({ ...route, path: new RegExp(`^(?=.*/(?:openai|openapi)/)(?:${route.path.source})`) }),
  ),
]

/** The method's name as Google's errors write it. */
export function googleMethod(path: string): string {
  const verb = /:(\w+)$/.exec(path)?.[1] ?? (path.endsWith('/models') ? 'listModels' : 'generateContent')
  return `${verb[0]?.toUpperCase()}${verb.slice(1)}`
}
