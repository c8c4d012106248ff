/**
 * Small pure things that know nothing of the domain: clocks, periods, ids, random text, batched single-flight loading, safe parsing of
 * JSON, server-sent events, byte buffers that cost little memory. Anything here could stand in another project unchanged.
 */

export { basePathOf } from './base-path.ts'
export { randomBase62, toBase62 } from './base62.ts'
export { type BatchedLoad, createBatchedLoad, type LoadMany } from './batched-load.ts'
export { type Clock, systemClock } from './clock.ts'
export { closestName } from './closest-name.ts'
export { counted } from './counted.ts'
export { entryOf } from './entry-of.ts'
export { headerName, isHeaderValue, isPath, readHeaderName, valueEnd, valueStart } from './header-grammar.ts'
export { createIdMaker, type IdMaker, lowestIdAt } from './ids.ts'
export {
  backslash,
  carriageReturn,
  closeBrace,
  closeBracket,
  colon,
  comma,
  newline,
  openBrace,
  openBracket,
  quote,
  skipSpace,
  stringEnd,
} from './json-bytes.ts'
export { KeySearch } from './key-search.ts'
export { LastBytes } from './last-bytes.ts'
export { parseJson } from './parse-json.ts'
export { dayMs, daysUntil, periodEnd, periodStart } from './periods.ts'
export { repeatedName } from './repeated-name.ts'
export { type Enrolled, Roster } from './roster.ts'
export { countShortLived } from './short-lived-bytes.ts'
export { SmallPieces } from './small-pieces.ts'
export { type SseEvent, SseReader } from './sse-events.ts'
export { starPattern } from './star-pattern.ts'
export { withArticle } from './with-article.ts'
export { within } from './within.ts'
