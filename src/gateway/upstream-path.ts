import type { Exchange } from './exchange.ts'

/** The path behind the provider's origin with the query that goes up, byte for byte but for credentials. */
export function upstreamPath({ req, target, head }: Required<Exchange>): string {
  if (head.query !== '') return `${target.rest}?${head.query}`
  // A question mark with nothing behind it is the caller's; one whose query was all credentials is gone with them.
  return target.query === '' && (req.url as string).endsWith('?') ? `${target.rest}?` : target.rest
}
