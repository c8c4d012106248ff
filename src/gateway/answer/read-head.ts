import type { AnswerHeaderFilter } from './answer-headers.ts'
import type { CollectedHead } from './collect-failure.ts'
import { readEncoding } from './content-codings.ts'

export interface HeadPassing {
  filter: AnswerHeaderFilter
  retell?: ((name: string, value: string) => string) | undefined
}

/**
 * Reads an answer's head in one pass: what the gateway needs, and what the caller may see.
 * @param rawHeaders name, value, name, value …
 */
export function readHead(
  status: number,
  rawHeaders: readonly string[],
  { filter, retell }: HeadPassing,
): CollectedHead {
  const head: CollectedHead = { status, contentType: '', encoding: '', length: undefined, passed: [], raw: rawHeaders }
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = filter.passes(rawHeaders[i] as string)
    if (name === '') continue
    const value = rawHeaders[i + 1] as string
    if (name === 'content-type') head.contentType = value.toLowerCase()
    else if (name === 'content-length') head.length = Number(value)
    else if (name === 'content-encoding') head.encoding = readEncoding(`${head.encoding},${value}`)
    head.passed.push(name, retell === undefined ? value : retell(name, value))
  }
  if (mayRun(head)) head.passed.push(...asDeadDocument)
  return head
}

/** Content types in which a browser may run scripts, or which make it guess the type. */
const runs = /^$|html|xml|svg|unknown|^\*|x-mixed-replace/

/** The gateway shares its origin with the console, so a provider's page must not run scripts here. */
const asDeadDocument = ['content-security-policy', "sandbox; default-src 'none'", 'x-content-type-options', 'nosniff']

function mayRun({ contentType, status, length }: CollectedHead): boolean {
  return runs.test(contentType) && length !== 0 && status !== 204 && status !== 304
}
