import type { Capability } from '../contract/index.ts'
import { catalogue } from '../providers/index.ts'
import { type Config, configSchema } from './schema.ts'

const features: readonly (readonly [id: string, title: string, capability: Capability])[] = [
  ['assistant', 'Assistant', 'chat'],
  ['image_description', 'Image description', 'vision'],
  ['speech_to_text', 'Speech to text', 'speech_to_text'],
  ['text_to_speech', 'Text to speech', 'text_to_speech'],
  ['translation', 'Translation', 'translation'],
]

/**
 * What a server without a configuration file offers: one plan, the best-known providers, a feature of each common kind.
 * @param options.platformKeys provider → the platform's own key, for a start with something to try
 */
export function defaultConfig(options: { platformKeys?: Readonly<Record<string, string>> } = {}): Config {
  const offered = catalogue.filter(({ offeredByDefault }) => offeredByDefault)
  return configSchema.parse({
    providers: Object.fromEntries(
      Object.entries(options.platformKeys ?? {}).map(([id, platformKey]) => [id, { platformKey }]),
    ),
    features: Object.fromEntries(features.map(([id, title, capability]) => [id, { title, capability }])),
    plans: {
      standard: {
        title: 'Standard',
        providers: { ...Object.fromEntries(offered.map(({ id }) => [id, 'optional'])), '*': 'unavailable' },
        fallback: { mode: 'customer', default: true },
      },
    },
  })
}
