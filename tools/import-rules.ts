/**
 * The dependency directions of ARCHITECTURE.md as one table. `npm run rules` reads every file of src/ and prints the
 * sentence of each rule that is broken. It reads import statements with the TypeScript parser, so a comment or a string
 * cannot break (or hide) anything.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const rules = ['lib', 'contract', 'crypto', 'config', 'providers', 'policy']
const state = ['store', 'audit', 'vault', 'tenants', 'metering', 'webhooks']

/** Folder → the folders of src/ that it may import. Types follow the same directions as values, except where said. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  contract: [],
  crypto: ['lib', 'contract'],
  config: ['lib', 'contract', 'crypto', 'providers'],
  providers: ['lib', 'contract', 'crypto'],
  policy: ['lib', 'contract', 'config', 'providers'],
  store: ['lib', 'contract', 'crypto'],
  audit: ['lib', 'contract', 'crypto', 'store'],
  vault: ['lib', 'contract', 'crypto', 'config', 'providers', 'policy', 'store', 'audit'],
  tenants: ['lib', 'contract', 'crypto', 'config', 'providers', 'policy', 'store', 'audit', 'vault'],
  metering: ['lib', 'contract', 'crypto', 'config', 'providers', 'policy', 'store', 'audit', 'tenants'],
  webhooks: ['lib', 'contract', 'crypto', 'store'],
  sandbox: ['lib', 'contract', 'crypto', 'config', 'providers'],
  dialect: ['lib', 'contract', 'providers'],
  gateway: [...rules, ...state, 'dialect'],
  control: [...rules, ...state],
  client: ['contract'],
  server: ['*'],
  cli: ['*'],
}

/** Module → the only folders that may import it. */
const onlyIn: readonly { module: RegExp; folders: readonly string[]; sentence: string }[] = [
  {
    module: /^(node:)?fs(\/promises)?$/,
    folders: ['store', 'server', 'cli', 'config'],
    sentence: 'The disk is touched only in src/store, src/config, src/server and src/cli.',
  },
  {
    module: /^(node:)?(net|tls|http|https|http2|dgram|dns)(\/promises)?$/,
    folders: ['server', 'gateway', 'sandbox', 'store', 'cli'],
    sentence: 'Sockets are opened only in src/server, src/gateway, src/sandbox, src/store and src/cli.',
  },
  {
    module: /^undici$/,
    folders: [],
    sentence:
      'Requests to providers leave through src/gateway, by its own client; undici is for the bench and for tests.',
  },
  {
    module: /^(pg|@electric-sql\/.*)$/,
    folders: ['store'],
    sentence: 'Database drivers are imported only in src/store.',
  },
  {
    module: /^(openai|@anthropic-ai\/.*|@google\/.*|@elevenlabs\/.*|sarvamai|@aws-sdk\/.*|@google-cloud\/.*)$/,
    folders: [],
    sentence: 'No vendor SDK is part of the server; they are for tests and examples.',
  },
  { module: /^commander$/, folders: ['cli'], sentence: 'The command line belongs to src/cli.' },
]

/** Contract is read by browsers. */
const browserSafe = new Set(['contract', 'client'])
const vendorFolders = new Set(['providers', 'sandbox'])
const environmentFolders = new Set(['server'])

/** A broken rule: where, what stands there, and the rule's sentence. */
export interface Breach {
  file: string
  line: number
  what: string
  sentence: string
}

/** Provider ids, read from the catalogue's own files: the `id: '…'` of every entry. Empty while there is no catalogue. */
export interface Rules {
  providerIds: ReadonlySet<string>
}

interface Place {
  /** Path below src/ with forward slashes. */
  path: string
  folder: string
  isTest: boolean
  source: ts.SourceFile
}

type Report = (node: ts.Node, what: string, sentence: string) => void

/**
 * @param path below src/, with forward slashes
 * @param text the file's source
 */
export function checkFile(path: string, text: string, { providerIds }: Rules): Breach[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
  const place: Place = { path, folder: path.split('/')[0] ?? '', isTest: path.endsWith('.test.ts'), source }
  const breaches: Breach[] = []
  const report: Report = (node, what, sentence) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
    breaches.push({ file: `src/${path}`, line, what, sentence })
  }
  if (mayImport[place.folder] === undefined)
    report(source, place.folder, 'Every folder of src/ has a row in tools/import-rules.ts.')
  const visit = (node: ts.Node): void => {
    const specifier = importedModule(node)
    if (specifier) checkImport(place, specifier, report)
    if (!place.isTest) {
      checkEnvironment(place, node, report)
      checkProviderId(place, node, providerIds, report)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return breaches
}

function importedModule(node: ts.Node): ts.StringLiteral | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier : undefined
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments
    return argument && ts.isStringLiteral(argument) ? argument : undefined
  }
  return undefined
}

function checkImport(place: Place, specifier: ts.StringLiteral, report: Report): void {
  const name = specifier.text
  if (!name.startsWith('.')) {
    checkPackage(place, specifier, report)
    return
  }
  const target = posix.normalize(posix.join(posix.dirname(place.path), name))
  const folder = target.split('/')[0] ?? ''
  if (folder === place.folder) return
  if (target.startsWith('..')) {
    if (!place.isTest) report(specifier, name, 'Code in src/ imports nothing outside src/.')
    return
  }
  const allowed = mayImport[place.folder] ?? []
  if (!place.isTest && !allowed.includes('*') && !allowed.includes(folder)) {
    const list = allowed.length === 0 ? 'nothing of ours' : allowed.map((one) => `src/${one}`).join(', ')
    report(specifier, name, `src/${place.folder} may import ${list}.`)
  }
  if (!place.isTest && target !== `${folder}/index.ts`) {
    report(specifier, name, 'From another folder only its index.ts is imported.')
  }
}

function checkPackage(place: Place, specifier: ts.StringLiteral, report: Report): void {
  if (place.isTest) return
  const name = specifier.text
  if (browserSafe.has(place.folder) && name.startsWith('node:')) {
    report(specifier, name, `src/${place.folder} runs in browsers and imports nothing of Node.`)
  }
  for (const rule of onlyIn) {
    if (rule.module.test(name) && !rule.folders.includes(place.folder)) report(specifier, name, rule.sentence)
  }
}

function checkEnvironment(place: Place, node: ts.Node, report: Report): void {
  if (environmentFolders.has(place.folder)) return
  if (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === 'env' &&
    node.expression.getText(place.source) === 'process'
  ) {
    report(node, 'process.env', 'process.env is read only in src/server.')
  }
}

const comparisons = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
])

function checkProviderId(place: Place, node: ts.Node, ids: ReadonlySet<string>, report: Report): void {
  if (vendorFolders.has(place.folder)) return
  const literals: ts.Expression[] = []
  if (ts.isBinaryExpression(node) && comparisons.has(node.operatorToken.kind)) literals.push(node.left, node.right)
  if (ts.isCaseClause(node)) literals.push(node.expression)
  for (const literal of literals) {
    // A dialect may be called like a provider; comparing a dialect's name is comparing a shape, not a vendor.
    if (!ts.isStringLiteralLike(literal) || !ids.has(literal.text)) continue
    if (!/dialect/i.test(node.getText(place.source))) {
      report(
        literal,
        node.getText(place.source),
        'No provider is compared by id outside src/providers and src/sandbox.',
      )
    }
  }
}

/** Every `id: '…'` in the object literals of src/providers. */
export function providerIdsIn(texts: readonly string[]): Set<string> {
  const ids = new Set<string>()
  for (const text of texts) {
    for (const match of text.matchAll(/^\s*id: '([a-z0-9_-]+)',?$/gm)) ids.add(match[1] as string)
  }
  return ids
}

/** All TypeScript files below a folder, as paths relative to it with forward slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(sep).join('/'))
    .sort()
}

/** @param root the folder that holds src/ */
export function checkTree(root: string): Breach[] {
  const src = join(root, 'src')
  const files = filesBelow(src).map((path) => ({ path, text: readFileSync(join(src, path), 'utf8') }))
  // Vendor folders and vendor rows only: models and the like have ids too, so what is also an ordinary word is left out.
  const entries = files.filter((file) => file.path.startsWith('providers/') && !file.path.endsWith('.test.ts'))
  const providerIds = providerIdsIn(entries.filter((file) => /\bdialect\b/.test(file.text)).map((file) => file.text))
  return files.flatMap((file) => checkFile(file.path, file.text, { providerIds }))
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
  const breaches = checkTree(root)
  for (const { file, line, what, sentence } of breaches)
    console.error(`${relative('.', join(root, file))}:${line}  ${what}\n    ${sentence}`)
  console.log(breaches.length === 0 ? 'Import rules: nothing broken.' : `Import rules: ${breaches.length} broken.`)
  process.exitCode = breaches.length === 0 ? 0 : 1
}
