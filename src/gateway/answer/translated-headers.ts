import type { WholeAnswer } from '../../dialect/index.ts'

export const eventStream = 'text/event-stream; charset=utf-8'

/** The headers of a translated answer: the provider's, with the type and length of the new body. */
export function wholeHeaders(passed: readonly string[], { contentType, body }: WholeAnswer): string[] {
  return [...headersForOthers(passed), 'content-type', contentType, 'content-length', String(body.length)]
}

/** The headers of a translated stream of events. */
export function streamHeaders(passed: readonly string[]): string[] {
  return [...headersForOthers(passed), 'content-type', eventStream]
}

/** Without the headers that describe the original bytes. */
function headersForOthers(passed: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < passed.length; i += 2) {
    const name = passed[i] as string
    if (!describesBytes.has(name)) kept.push(name, passed[i + 1] as string)
  }
  return kept
}

const describesBytes: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'etag',
])
