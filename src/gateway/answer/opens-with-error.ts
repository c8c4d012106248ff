import { KeySearch, openBrace, quote, skipSpace } from '../../lib/index.ts'

/** So many bytes tell whether JSON opens with an error. */
export const enoughToTell = 64
/** An error that comes behind other fields stands within so many bytes. Such an answer is small and comes in one piece, so nothing waits for it. */
const errorWithin = 4 * 1024

/** First letters of `error`, `type` and `object`: JSON whose first name begins otherwise needs no closer look. */
const firstLetters: ReadonlySet<number> = new Set(Buffer.from('eto'))
const errorFirst = /^\s*(?:\[\s*)?\{\s*"(?:error"\s*:\s*[{"]|(?:type|object)"\s*:\s*"error")/
/** Names that begin errors without a wrapper, and few answers. */
const bareFirst = /^\s*\{\s*"(?:code|detail|err_code|err_msg|message|msg)"\s*:/i
const errorName = new KeySearch('"error"')
/** An error that is told: not null, and not empty. */
const toldError = /^"error"\s*:\s*(?:\{\s*"|"(?!"))/

/**
 * Whether JSON may be an error; it is then read whole, whatever its status. Undefined: too few bytes to tell.
 * @param anywhere look also for an error that does not stand first in an object
 */
export function opensWithError(first: Buffer | undefined, anywhere: boolean): boolean | undefined {
  if (first === undefined) return false
  if (anywhere && tellsErrorBehind(first)) return true
  const at = first.indexOf(quote)
  const letter = at === -1 ? undefined : first[at + 1]
  if (letter !== undefined && !firstLetters.has(letter)) return false
  return errorFirst.test(first.toString('latin1', 0, enoughToTell * 2)) || undefined
}

/**
 * A text inside the JSON cannot be taken for the name: its quotes are escaped. A list is a stream with Google, in which an error
 * may follow what was delivered.
 */
function tellsErrorBehind(first: Buffer): boolean {
  if (first[skipSpace(first, 0)] !== openBrace) return false
  if (bareFirst.test(first.toString('latin1', 0, enoughToTell))) return true
  const near = first.subarray(0, errorWithin)
  for (let at = errorName.indexIn(near); at !== -1; at = errorName.indexIn(near, at + 1))
    if (toldError.test(near.toString('latin1', at, at + enoughToTell))) return true
  return false
}
