import type { Capability } from '../../contract/index.ts'
import type { KeyShape, OpenaiApi, OpenaiRoute, Probe, Provider, ProviderModel } from '../provider.ts'
import { failureReader } from '../reading/failure-reader.ts'
import type { Rule } from '../reading/rules.ts'
import { type OpenaiSurface, openaiSurfaces } from './surfaces.ts'
import { openaiUsage } from './usage.ts'

/** One row of the vendors whose API is OpenAI's, with what is particular to it. */
export interface OpenaiLike {
  id: string
  name: string
  priceCatalogue?: string
  aliases?: readonly string[]
  origin?: string
  regions?: Readonly<Record<string, string>>
  /** The path before the routes: `/v1`, `/openai/v1`, or empty. */
  base: string
  /** Where several spellings of the base are accepted: source of an expression. */
  basePattern?: string
  surfaces: readonly OpenaiSurface[]
  /** Its chat takes images, with some model at least. */
  vision?: true
  keyPage: string
  keyNeeds: Provider['keyNeeds']
  keyShapes: readonly KeyShape[]
  models: readonly ProviderModel[]
  defaultModels: Provider['defaultModels']
  /** Default: `GET {base}/models`. */
  authenticate?: Probe
  rules?: readonly Rule[]
  /** How its requests differ from OpenAI's own. */
  quirks?: Pick<OpenaiApi, 'renames' | 'renamesFor' | 'roles' | 'strictMessages' | 'answersInParts' | 'streamUsage'>
  more?: Partial<Provider>
}

/** Of OpenAI’s own models. Those that reason refuse the older name of the limit. */
export const openaiQuirks = {
  renames: { max_tokens: 'max_completion_tokens' },
  renamesFor: /^(?:o\d|gpt-(?:[5-9]|\d\d))/i,
  strictMessages: { takes: ['annotations'] },
} as const

const capabilityOf: Partial<Record<OpenaiSurface, Capability>> = {
  chat: 'chat',
  embeddings: 'embeddings',
  transcriptions: 'speech_to_text',
  speech: 'text_to_speech',
  images: 'images',
  realtime: 'realtime',
  xaiSpeech: 'text_to_speech',
  xaiTranscription: 'speech_to_text',
}
const routeOf: Partial<Record<OpenaiSurface, OpenaiRoute>> = {
  chat: 'chat/completions',
  embeddings: 'embeddings',
  transcriptions: 'audio/transcriptions',
  speech: 'audio/speech',
  models: 'models',
}

/** Headers that name the caller's own account, or the caller's software, to OpenAI and those that follow it. */
export const accountHeaders = ['openai-organization', 'openai-project'] as const

/** @returns the provider that a row describes. */
export function openaiLike(row: OpenaiLike): Provider {
  const reading = failureReader({ rules: row.rules ?? [] })
  const capabilities = capabilitiesOf(row)
  return {
    id: row.id,
    name: row.name,
    ...(row.priceCatalogue === undefined ? {} : { priceCatalogue: row.priceCatalogue }),
    ...(row.aliases ? { aliases: row.aliases } : {}),
    dialect: 'openai',
    ...(row.origin === undefined ? {} : { origin: row.origin }),
    ...(row.regions ? { regions: row.regions } : {}),
    keyPage: row.keyPage,
    keyNeeds: row.keyNeeds,
    keyShapes: row.keyShapes,
    maskGap: '...',
    credential: () => ({ header: 'authorization', prefix: 'Bearer ' }),
    dropRequestHeaders: accountHeaders,
    surfaces: openaiSurfaces(row.basePattern ?? row.base.replaceAll('.', '\\.'), row.surfaces),
    capabilities,
    models: row.models,
    defaultModels: row.defaultModels,
    probes: {
      authenticate: row.authenticate ?? { method: 'GET', path: `${row.base}/models` },
      can: probesOf(row.base, capabilities),
    },
    readFailure: reading.readFailure,
    readStreamOpening: reading.readStreamOpening,
    usage: openaiUsage,
    openai: {
      base: row.base,
      routes: row.surfaces.map((name) => routeOf[name]).filter((route) => route !== undefined),
      ...row.quirks,
    },
    ...row.more,
  }
}

function capabilitiesOf({ surfaces, models, vision }: OpenaiLike): Capability[] {
  const served = surfaces.map((name) => capabilityOf[name]).filter((name) => name !== undefined)
  const seen = models.flatMap((model) => model.capabilities).filter((name) => name === 'vision')
  return [...new Set([...served, ...(vision ? (['vision'] as const) : []), ...seen])]
}

/** The smallest request that proves each capability: one token, one word. For speech to text there is no cheap one. */
export function probesOf(base: string, capabilities: readonly Capability[]): Partial<Record<Capability, Probe>> {
  const chat = chatProbe(`${base}/chat/completions`, { max_tokens: 1 })
  const all: Partial<Record<Capability, Probe>> = {
    chat,
    vision: chat,
    embeddings: { method: 'POST', path: `${base}/embeddings`, body: { model: '{model}', input: 'ok' } },
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => capabilities.includes(name as Capability)))
}

export const chatProbe = (path: string, limit: Readonly<Record<string, number>>): Probe => ({
  method: 'POST',
  path,
  body: { model: '{model}', messages: [{ role: 'user', content: 'ok' }], ...limit },
})
