export type Path = readonly (string | number)[]

/** What is wrong with one place in the file, before that place has a line. */
export interface Finding {
  path: Path
  /** Points at the field's name; absent: at its value. */
  atKey?: boolean
  message: string
  expected: string
  /** As it stands in the file, never with a `${…}` filled in; absent where it could be a secret. */
  found?: string
  suggestion?: string
  fix: string
  /** Message and fix as a code with facts, for pages in other languages; warnings have one. */
  code?: WarningCode
  facts?: Readonly<Record<string, string>>
}

/** What the operator's page may warn of. */
export const warningCodes = [
  'secret_in_file',
  'plain_http',
  'unlimited_meter',
  'empty_fallback',
  'unknown_region',
  'uncounted_currency',
  'unknown_locale',
  'unusable_color',
  'unknown_event',
] as const
export type WarningCode = (typeof warningCodes)[number]

/** One thing that is wrong with the configuration file, said so that it can be mended without looking anything up. */
export interface ConfigProblem {
  file: string
  /** From 1. */
  line: number
  /** From 1. */
  column: number
  /** Dotted, for instance `plans.standard.byok`; empty for the file as a whole. */
  path: string
  message: string
  expected: string
  found?: string
  suggestion?: string
  fix: string
  code?: WarningCode
  facts?: Readonly<Record<string, string>>
}

/** The file cannot be used. Its message lists every problem; none of them contains a secret. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** A problem as lines for a terminal: `file:line:column path`, what is wrong, what was expected and the mend. */
export function formatProblem(problem: ConfigProblem): string {
  const { file, line, column, path, message, expected, found, fix } = problem
  const rows = [`${file}:${line}:${column}${path === '' ? '' : ` ${path}`}`, `  ${message}`, `  expected: ${expected}`]
  if (found !== undefined) rows.push(`  found: ${found}`)
  return [...rows, `  fix: ${fix}`].join('\n')
}
