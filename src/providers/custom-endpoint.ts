import { withHonestProbe } from './honest-probe.ts'
import { openaiLike } from './openai-like/openai-like.ts'
import type { Provider } from './provider.ts'

/** All that can be said of a key for a server that nobody here knows. */
export const ownServerNeeds: Provider['keyNeeds'] = { own_server_key: 'A key of this server that may generate.' }

/**
 * A provider for an OpenAI-compatible server of the operator's or a customer's own. Its routes may stand behind any
 * path of up to six segments.
 *
 * @param origin `https://host[:port]`; absent when each key brings its own base URL.
 */
export function openaiCompatible({ id, name, origin }: { id: string; name: string; origin?: string }): Provider {
  const provider = openaiLike({
    id,
    name,
    ...(origin === undefined ? {} : { origin }),
    base: '/v1',
    basePattern: '(?:/[^/]+){0,6}',
    surfaces: [
      'chat',
      'responses',
      'embeddings',
      'transcriptions',
      'audioTranslations',
      'speech',
      'images',
      'models',
      'files',
      'completions',
    ],
    vision: true,
    keyPage: '',
    keyNeeds: ownServerNeeds,
    keyShapes: [],
    models: [],
    defaultModels: {},
    more: { ...(origin === undefined ? { needsBaseUrl: true } : {}) },
  })
  return withHonestProbe(provider)
}
