import { openBrace, quote, skipSpace } from '../../lib/index.ts'

/** So many bytes tell whether JSON opens with an error. */
export const enoughToTell = 64
/** An error that comes behind other fields is looked for in so many bytes of the first piece. Nothing waits for a second one. */
const errorWithin = 16 * 1024

/** First letters of `error`, `type` and `object`: JSON whose first name begins otherwise needs no closer look. */
const firstLetters: ReadonlySet<number> = new Set(Buffer.from('eto'))
const errorFirst = /^\s*(?:\[\s*)?\{\s*"(?:error"\s*:\s*(?:[{"]|true)|(?:type|object)"\s*:\s*"error")/
/** Names that begin errors without a wrapper, and few answers. */
const bareFirst =
  /^\s*\{\s*"(?:(?:code|detail|err_code|err_msg|error_code|error_msg|errors|message|msg)"\s*:|(?:ok|success)"\s*:\s*f|status(?:_?code)?"\s*:\s*"?(?:[45]|err|fail))/i
/** The first name and what its value begins with are not all here yet. */
const unfinished = /^\s*\{\s*"\w{0,12}(?:"\s*(?::\s*"?\w{0,2})?)?$/
// With its colon it is long enough that Node searches by leaps, and not from quote to quote.
const errorName = Buffer.from('"error":')
/** An error that is told: not null, and not empty. */
const toldError = /^"error":\s*(?:\{\s*"|"(?!"))/

/**
 * Whether JSON may be an error; it is then read whole, whatever its status. Undefined: too few bytes to tell.
 * @param anywhere look also for an error that does not stand first in an object
 * @param refusal how JSON begins that tells a refusal
 */
export function opensWithError(
  first: Buffer | undefined,
  { anywhere, refusal }: { anywhere: boolean; refusal: RegExp | undefined },
): boolean | undefined {
  if (first === undefined) return false
  const bytes = withoutMark(first)
  if (anywhere && tellsErrorBehind(bytes)) return true
  const at = bytes.indexOf(quote)
  const letter = at === -1 ? undefined : bytes[at + 1]
  const beginning = bytes.toString('latin1', 0, enoughToTell * 2)
  if (letter !== undefined && !firstLetters.has(letter) && refusal === undefined)
    return anywhere && unfinished.test(beginning) ? undefined : false
  return errorFirst.test(beginning) || refusal?.test(beginning) || undefined
}

/** Behind UTF-8's byte-order mark. */
const withoutMark = (bytes: Buffer): Buffer => (bytes[0] === 0xef ? bytes.subarray(3) : bytes)

/**
 * A text inside the JSON cannot be taken for the name: its quotes are escaped. A list is a stream with Google, in which an error
 * may follow what was delivered.
 */
function tellsErrorBehind(first: Buffer): boolean {
  if (first[skipSpace(first, 0)] !== openBrace) return false
  if (bareFirst.test(first.toString('latin1', 0, enoughToTell))) return true
  const near = first.subarray(0, errorWithin)
  for (let at = near.indexOf(errorName); at !== -1; at = near.indexOf(errorName, at + 1))
    if (toldError.test(near.toString('latin1', at, at + enoughToTell))) return true
  return false
}
