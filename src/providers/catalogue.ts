import { anthropic } from './anthropic/index.ts'
import { assemblyai } from './assemblyai/index.ts'
import { azureOpenai } from './azure-openai/index.ts'
import { bedrock } from './bedrock/index.ts'
import { cohere } from './cohere/index.ts'
import { deepgram } from './deepgram/index.ts'
import { elevenlabs } from './elevenlabs/index.ts'
import { gemini } from './gemini/index.ts'
import { withHonestProbe } from './honest-probe.ts'
import { openai } from './openai/index.ts'
import type { Provider } from './provider.ts'
import { sarvam } from './sarvam/index.ts'
import { vendors } from './vendors.ts'
import { vertex } from './vertex/index.ts'

const entries: readonly Provider[] = [
  openai,
  anthropic,
  gemini,
  elevenlabs,
  sarvam,
  ...vendors,
  cohere,
  deepgram,
  assemblyai,
  azureOpenai,
  vertex,
  bedrock,
]

/** Every provider that Ownkey knows, in the order in which people see them. */
export const catalogue: readonly Provider[] = entries.map(withHonestProbe)

const byName: ReadonlyMap<string, Provider> = new Map(
  catalogue.flatMap((provider) => [provider.id, ...(provider.aliases ?? [])].map((name) => [name, provider] as const)),
)

/** By id or alias, in any case of letters; undefined when there is none. */
export function findProvider(name: string): Provider | undefined {
  return byName.get(name.toLowerCase())
}
