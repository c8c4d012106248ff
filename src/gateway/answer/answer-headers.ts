/** Answer headers that every caller may see. Providers add their own in the catalogue; everything else is dropped. */
const common: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'cache-control',
  'etag',
  'last-modified',
  'expires',
  'vary',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-request-id',
  'request-id',
])
const commonPrefixes = ['x-ratelimit-']

/** Decides by name whether an answer header is passed on; verdicts are remembered per raw name. */
export class AnswerHeaderFilter {
  private readonly exact: ReadonlySet<string>
  private readonly prefixes: readonly string[]
  /** Raw name → the name in lower case, or '' when it is dropped. */
  private readonly verdicts = new Map<string, string>()

  constructor(extra: readonly string[] = []) {
    this.exact = new Set([...common, ...extra.filter((name) => !name.endsWith('*'))])
    this.prefixes = [...commonPrefixes, ...extra.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))]
  }

  /** The name in lower case, or '' when the header is not passed on. */
  passes(name: string): string {
    const known = this.verdicts.get(name)
    if (known !== undefined) return known
    const lower = name.toLowerCase()
    const verdict = this.exact.has(lower) || this.prefixes.some((prefix) => lower.startsWith(prefix)) ? lower : ''
    if (name.length <= 60 && this.verdicts.size < 1_000) this.verdicts.set(name, verdict)
    return verdict
  }
}
