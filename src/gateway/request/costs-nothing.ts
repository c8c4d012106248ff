import type { Exchange } from '../exchange.ts'

/** Providers bill what they are given to do, not what is read or deleted. */
const reading: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'DELETE'])

type Asked = Pick<Required<Exchange>, 'surface' | 'req'>

/** Nothing is billed for the request itself: a job's counts, which its answer may tell, are what was ordered before. */
export function costsNothing({ surface, req }: Asked): boolean {
  return surface.isFree === true || reading.has(req.method)
}

/** Asks for a job that was ordered, and charged, before. */
export function fetchesJob(asked: Asked): boolean {
  return asked.surface.job !== undefined && costsNothing(asked)
}
