import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml'
import type { ConfigProblem, Finding, Path } from './config-problem.ts'

/** A YAML file that keeps the place of every field. */
export interface ConfigDocument {
  /** Plain data as written: no `${…}` filled in. Undefined when the text is not YAML. */
  raw: unknown
  problems: readonly ConfigProblem[]
  /** Gives a finding its file, line and column. */
  place(finding: Finding): ConfigProblem
}

/** Our own sentences by the parser's code: its messages quote the file, and the file may hold a secret. */
const sentences: Readonly<Record<string, readonly [message: string, expected: string, fix: string]>> = {
  DUPLICATE_KEY: ['This field is there twice.', 'each field once', 'Remove one of the two.'],
  BAD_INDENT: [
    'The indentation does not fit.',
    'fields of one level in the same column',
    'Indent this line like its neighbours, with spaces. If a { or [ stands open above it, close that one.',
  ],
  TAB_AS_INDENT: ['A tab is used as indentation.', 'spaces', 'Replace the tab by spaces.'],
  MISSING_CHAR: [
    'Something is not closed here.',
    'a closing quotation mark, bracket or colon',
    'Close the quotation mark or bracket, or add the missing character.',
  ],
  MULTIPLE_DOCS: [
    'The file holds more than one document.',
    'one document',
    'Remove the line “---” and what follows it.',
  ],
  TOO_MANY_ALIASES: [
    'The aliases of this file multiply without end.',
    'at most 100 uses of an anchored part',
    'Write some of them out.',
  ],
  ALIAS_IN_ITSELF: [
    'This alias stands inside the part that it names.',
    'an alias (*name) outside of the part with its anchor (&name)',
    'Write out what belongs here.',
  ],
  MERGE_OF_NO_MAPPING: [
    'Only mappings can be merged by "<<".',
    '<<: *name, of a mapping with the anchor &name, or a list of such',
    'Name the anchor of a mapping, or write its fields here.',
  ],
  RESERVED_NAME: ['"__proto__" cannot be used as a name.', 'a name that is not reserved', 'Rename it.'],
  UNRESOLVED_ALIAS: [
    'This alias has no anchor before it.',
    'an alias (*name) of an anchor (&name) above it',
    'Write the anchor above, or quote the text if the asterisk is meant literally.',
  ],
}
/** Mistakes that leave the rest of the file readable. */
const standsAlone: ReadonlySet<string> = new Set([
  'DUPLICATE_KEY',
  'UNRESOLVED_ALIAS',
  'ALIAS_IN_ITSELF',
  'MERGE_OF_NO_MAPPING',
  'RESERVED_NAME',
  'TOO_MANY_ALIASES',
])
const notYaml = [
  'This is not valid YAML.',
  'a YAML mapping',
  'Correct the line; quote texts that contain any of : { } [ ] , & * # ? | > % @',
] as const

/** More likely a file that was cut off, or a wrong one, than the wish to run without plans and features. */
const nothing = {
  message: 'There is nothing in this file.',
  expected: 'a configuration',
  fix: 'Write at least one section, for instance "platform: { name: Acme }", or start without a file to run by the built-in configuration.',
}

/** Parses without throwing; every problem is collected. */
export function readDocument(text: string, file: string): ConfigDocument {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, merge: true, stringKeys: true })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = counter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems: ConfigProblem[] = []
  const seenLines = new Set<number>()
  let isBroken = false
  const lines = text.split('\n')
  const report = (code: string, offset: number): void => {
    const place = at(offset)
    // One syntax error leads to many more below it; only the first one helps.
    if (standsAlone.has(code) ? seenLines.has(place.line) && code !== 'DUPLICATE_KEY' : isBroken) return
    seenLines.add(place.line)
    isBroken ||= !standsAlone.has(code)
    const [message, expected, fix] = sentences[code] ?? notYaml
    const inBraces = code === 'UNEXPECTED_TOKEN' && /[{,[].*\$\{/.test(lines[place.line - 1] ?? '')
    problems.push({
      file,
      ...place,
      path: '',
      message,
      expected,
      fix: inBraces ? 'Put "${…}" in quotation marks inside { } and [ ].' : fix,
    })
  }
  for (const { code, pos } of document.errors) report(code, pos[0])
  let hasNoData = false
  const refuse = (code: string | undefined, node: unknown) => {
    if (!code) return
    hasNoData = true
    report(code, startOf(node) ?? 0)
  }
  visit(document, {
    Alias: (_, alias, around) => refuse(wrongAlias(document, alias, around), alias),
    Pair: (_, pair) => {
      refuse(wrongMerge(document, pair), pair.key)
      if (isReserved(pair)) report('RESERVED_NAME', startOf(pair.key) ?? 0)
    },
  })
  const broken = document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')
  const { contents } = document
  const isEmpty = contents === null || (isScalar(contents) && contents.value === null)
  if (isEmpty) problems.push({ file, line: 1, column: 1, path: '', ...nothing })
  return {
    raw: isEmpty || broken || hasNoData ? undefined : plain(document, () => report('TOO_MANY_ALIASES', 0)),
    problems,
    place: ({ path, atKey, ...rest }) => ({
      file,
      ...at(offsetOf(document, path, atKey === true)),
      path: path.join('.'),
      ...rest,
    }),
  }
}

/** The parser itself takes an alias of what stands around it, and makes data without end. */
function wrongAlias(document: Document, alias: Alias, around: readonly unknown[]): string | undefined {
  const named = alias.resolve(document)
  if (!named) return 'UNRESOLVED_ALIAS'
  return around.includes(named) ? 'ALIAS_IN_ITSELF' : undefined
}

function wrongMerge(document: Document, { key, value }: Pair): string | undefined {
  if (!isMerge(key)) return undefined
  const merged = unalias(document, value)
  const parts = isSeq(merged) ? merged.items.map((item) => unalias(document, item)) : [merged]
  // An alias that leads nowhere is told as what it is.
  return parts.every((part) => part === undefined || isMap(part)) ? undefined : 'MERGE_OF_NO_MAPPING'
}

/** The schema would pass over it without a word. */
function isReserved({ key }: Pair): boolean {
  return isScalar(key) && key.value === '__proto__'
}

/** `<<` in quotation marks is a name like any other. */
function isMerge(key: unknown): boolean {
  return isScalar(key) && key.source === '<<' && key.type === 'PLAIN'
}

/** With two fields of one name the last one counts, so that the rest of the file is still checked. */
function plain(document: Document, onTooManyAliases: () => void): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    // The parser counts what aliases expand to and throws; it has no other reason to at this point.
    onTooManyAliases()
    return undefined
  }
}

/** The offset of the deepest part of the path that is there. */
function offsetOf(document: Document, path: Path, atKey: boolean): number {
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0] ?? 0
  for (const [index, step] of path.entries()) {
    const inside = unalias(document, node)
    const isLast = index === path.length - 1
    if (isMap(inside)) {
      const pair = pairOf(document, inside.items as Pair[], String(step))
      if (!pair) return offset
      offset = startOf(isLast && !atKey && pair.value ? pair.value : pair.key) ?? startOf(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(inside)) {
      node = inside.items[Number(step)]
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

/** Looks into merged mappings (`<<: *name`) too. */
function pairOf(document: Document, pairs: readonly Pair[], name: string): Pair | undefined {
  const own = pairs.find(({ key }) => isScalar(key) && String(key.value) === name)
  if (own) return own
  for (const { key, value } of pairs) {
    const merged = isMerge(key) ? unalias(document, value) : undefined
    const found = isMap(merged) ? pairOf(document, merged.items as Pair[], name) : undefined
    if (found) return found
  }
  return undefined
}

function unalias(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
