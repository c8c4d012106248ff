import type { Exchange } from '../exchange.ts'

/** The provider's own path and query as the caller wrote them, without credentials. */
export function upstreamPath({ req, target, head }: Required<Exchange>): string {
  if (head.query !== '') return `${target.rest}?${head.query}`
  // A bare `?` that the caller wrote stays. One whose query was nothing but credentials goes with them.
  return target.query === '' && (req.url as string).endsWith('?') ? `${target.rest}?` : target.rest
}
