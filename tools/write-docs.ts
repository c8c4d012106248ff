/**
 * Writes what the sources already say as pages: docs/configuration.md from the configuration's schema, docs/errors.md from the
 * table of errors, docs/webhooks.md from those of events. `npm run docs`; a test keeps the pages current.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configJsonSchema } from '../src/config/index.ts'
import { changeEvents, errorTable, noticeEvents, noticeKinds } from '../src/contract/index.ts'

interface Schema {
  type?: string | readonly string[]
  description?: string
  default?: unknown
  enum?: readonly unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
  anyOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  required?: readonly string[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
}

const here = dirname(fileURLToPath(import.meta.url))
const docs = resolve(here, '../docs')
/** What is written by hand and comes first. */
const intro = (page: string) => readFileSync(resolve(here, `${page}-intro.md`), 'utf8').trimEnd()

/** Path → text, as the sources say it now. */
export function pages(): Record<string, string> {
  return {
    [`${docs}/configuration.md`]: configurationPage(configJsonSchema() as Schema),
    [`${docs}/errors.md`]: errorsPage(),
    [`${docs}/webhooks.md`]: webhooksPage(),
  }
}

/** The page as it is; undefined when there is none. */
export function writtenPage(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function configurationPage(schema: Schema): string {
  const lines = [intro('configuration')]
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    lines.push('', `### ${name}`, '')
    const rows = rowsOf(name, part)
    if (part.description && rows.length > 0) lines.push(part.description, '')
    lines.push('| field | takes | default | meaning |', '|---|---|---|---|')
    lines.push(...(rows.length > 0 ? rows : fieldRows(name, part)))
  }
  return `${lines.join('\n')}\n`
}

function rowsOf(path: string, schema: Schema): string[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    fieldRows(`${path}.${name}`, child),
  )
  const named =
    typeof schema.additionalProperties === 'object' ? fieldRows(`${path}.*`, schema.additionalProperties) : []
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => rowsOf(path, one))
  const items = schema.items ? rowsOf(`${path}[]`, schema.items) : []
  return [...new Set([...children, ...named, ...variants, ...items])]
}

function fieldRows(path: string, schema: Schema): string[] {
  const deeper = rowsOf(path, schema)
  const said = schema.default === undefined || isEmpty(schema.default) ? '' : `\`${JSON.stringify(schema.default)}\``
  // What only has a name of its own is told in the row of what holds it.
  if (path.endsWith('.*') && schema.description === undefined) return deeper
  const own = `| \`${path}\` | ${cell(takes(schema))} | ${cell(said)} | ${cell(schema.description ?? '')} |`
  return [own, ...deeper]
}

function takes(schema: Schema): string {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map(takes))].join(' or ')
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.type === 'array') return `list of ${schema.items ? takes(schema.items) : 'anything'}`
  return `${[schema.type ?? 'anything'].flat().join(' or ')}${bounds(schema)}`
}

/** The schema's own bounds; an integer has those of what a number holds exactly besides, which say nothing. */
function bounds({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const said = [
    exclusiveMinimum !== undefined && ` above ${exclusiveMinimum}`,
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && ` from ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && ` up to ${maximum}`,
  ]
  return said.filter((part) => part !== false).join('')
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function errorsPage(): string {
  const lines = [
    '# Errors',
    '',
    'Ownkey’s own errors, written by `npm run docs` from `src/contract/errors.ts`. The control API answers them as problem details',
    '(RFC 9457) with `code` and `fix`, the gateway in the shape of the API that was called, both with the code in `Ownkey-Error`. A',
    'provider’s own errors pass through with the provider’s status and shape; `Ownkey-Error` then carries their class.',
    '',
    '| code | status | means | what to do |',
    '|---|---|---|---|',
    ...Object.entries(errorTable).map(
      ([code, { status, message, fix }]) => `| \`${code}\` | ${status} | ${cell(message)} | ${cell(fix)} |`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function webhooksPage(): string {
  const lines = [
    intro('webhooks'),
    '',
    '## Events',
    '',
    'Acts. Each is an entry of the audit log, too; `data` is who did it (`actor`), to what (`target`) and its facts (`detail`).',
    '',
    ...meanings('type', changeEvents),
    '',
    'Notices. `data` is the notice: `id`, `kind`, `provider`, `keyId`, `facts`, `count`, `openedAt`, `resolvedAt`.',
    '',
    ...meanings('type', noticeEvents),
    '',
    ...meanings('kind', noticeKinds),
  ]
  return `${lines.join('\n')}\n`
}

function meanings(name: string, table: Readonly<Record<string, string>>): string[] {
  const rows = Object.entries(table).map(([key, meaning]) => `| \`${key}\` | ${cell(meaning)} |`)
  return [`| ${name} | means |`, '|---|---|', ...rows]
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(pages())) writeFileSync(path, text)
}
