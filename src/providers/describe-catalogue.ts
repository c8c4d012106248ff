import type { Capability } from '../contract/index.ts'
import { catalogue } from './catalogue.ts'
import { modelHints } from './model-hints.ts'
import { openaiRoutes, type Provider, type Surface } from './provider.ts'
import type { SocketCredential } from './socket-route.ts'

const capabilityNames: Readonly<Record<Capability, string>> = {
  chat: 'chat',
  vision: 'vision',
  embeddings: 'embeddings',
  speech_to_text: 'speech to text',
  text_to_speech: 'text to speech',
  translation: 'translation',
  realtime: 'realtime',
  images: 'images',
}

/** The page `docs/providers.md`: what Ownkey knows of each provider, from the same tables that it works by. */
export function describeCatalogue(providers: readonly Provider[] = catalogue): string {
  return [
    '# Providers',
    '',
    'Made from the catalogue in `src/providers`; a test keeps this page equal to it. Any other server that speaks',
    'OpenAI’s API can be added in the configuration.',
    '',
    '| provider | id | route | serves | OpenAI dialect at | behind Ownkey’s `/v1` |',
    '|---|---|---|---|---|---|',
    ...providers.map(overview),
    '',
    ...providers.flatMap(describeProvider),
  ].join('\n')
}

function overview({ id, name, capabilities, openai, translations = {} }: Provider): string {
  const routes = openaiRoutes
    .filter((route) => route !== 'models' && (translations[route] !== undefined || openai?.routes.includes(route)))
    .map((route) => `\`${route}\`${translations[route] === undefined ? '' : ' (translated)'}`)
  const served = capabilities.map((capability) => capabilityNames[capability]).join(', ')
  return `| [${name}](#${id}) | \`${id}\` | \`/${id}/…\` | ${served} | ${openai ? `\`${openai.base || '/'}\`` : '—'} | ${routes.join(', ') || '—'} |`
}

function describeProvider(provider: Provider): string[] {
  const { id, name, aliases = [], regions = {}, keyNeeds, keyPage, notes = [] } = provider
  return [
    `## ${id}`,
    '',
    `**${name}**${aliases.length > 0 ? `, also \`${aliases.join('`, `')}\`` : ''}. ${host(provider)}`,
    ...(Object.keys(regions).length > 0
      ? [
          '',
          `Regions: ${Object.entries(regions)
            .map(([region, origin]) => `\`${region}\` (${new URL(origin).host})`)
            .join(', ')}.`,
        ]
      : []),
    '',
    `The key goes up as ${placement(provider)}. Keys are made at <${keyPage}>.`,
    '',
    ...Object.values(keyNeeds).map((need) => `- ${need}`),
    '',
    ...modelTable(provider),
    '| surface | route | model in | metered by |',
    '|---|---|---|---|',
    ...provider.surfaces.map(describeSurface),
    '',
    ...sockets(provider),
    ...(notes.length > 0 ? [...notes.map((note) => `- ${note}`), ''] : []),
  ]
}

function host({ origin, baseUrl }: Provider): string {
  if (origin !== undefined) return `Host: \`${new URL(origin).host}\`.`
  return `The customer gives the host with the key${baseUrl ? `, such as \`${baseUrl.example}\`` : ''}.`
}

/** A provider may place it differently on its OpenAI-compatible routes. */
function placement({ credential, openai }: Provider): string {
  const show = (path: string): string => {
    const { header, prefix } = credential(path)
    return `\`${header}: ${prefix}<key>\``
  }
  const native = show('/')
  const compatible = openai ? show(`${openai.base}/chat/completions`) : native
  return compatible === native ? native : `${native}, on the OpenAI-compatible routes as ${compatible}`
}

function modelTable({ models, defaultModels }: Provider): string[] {
  if (models.length === 0) return []
  const defaults = new Set(Object.values(defaultModels))
  const rows = models.map(
    ({ id, hint, capabilities }) =>
      `| \`${id}\`${defaults.has(id) ? ' (default)' : ''} | ${capabilities.map((name) => capabilityNames[name]).join(', ')} | ${hint ? modelHints[hint] : ''} |`,
  )
  return ['| model | for | |', '|---|---|---|', ...rows, '']
}

function describeSurface(surface: Surface): string {
  const { name, method, path, model, modelField } = surface
  const route = path.source.replaceAll('\\', '').replaceAll('|', '\\|')
  const place =
    model === 'none' || model === 'path' ? model.replace('none', '—') : `${model} \`${modelField ?? 'model'}\``
  return `| ${name} | ${method ?? 'any'} \`${route}\` | ${place} | ${meteredBy(surface)} |`
}

function meteredBy({ method, meters, textField, isFree, job }: Surface): string {
  if (meters === 'none') return isFree ? 'not billed here' : job ? 'the job’s result' : '—'
  const once = job && (isFree || method === 'GET') ? ', once a job' : ''
  return `${meters}${textField ? ` of \`${textField}\`` : ''}${once}`
}

function sockets({ realtime = [] }: Provider): string[] {
  if (realtime.length === 0) return []
  const lines = realtime.map(({ path, upstream, origin }) => {
    const at = origin ? ` at ${new URL(origin).host}` : ''
    return `- \`${path.source.replaceAll('\\', '')}\`${at}: the key goes up as ${socketPlace(upstream)}.`
  })
  return ['WebSockets:', '', ...lines, '']
}

const socketPlaces: Readonly<Record<SocketCredential['in'], string>> = {
  header: 'header',
  subprotocol: 'subprotocol',
  query: 'query parameter',
  first_message: 'field of the first message',
}
const socketPlace = ({ in: place, name = '', prefix = '' }: SocketCredential): string =>
  `${socketPlaces[place]} \`${name}${name && prefix ? ': ' : ''}${prefix}${place === 'query' ? '=' : name && !prefix ? ': ' : ''}<key>\``
