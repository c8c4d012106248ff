import type { Exchange } from '../exchange.ts'

const lingerMs = 2_000
const ends = ['end', 'error', 'close'] as const

/**
 * The answer is out, or on its way, and the caller is still sending its body: what comes of it is read and dropped for a moment. A
 * connection that is not read would keep a caller who writes before it reads for ever, and hold the next request on it back; one
 * that is closed at once would be reset before the caller has read the answer.
 * @param done called once, when the body is over or the moment is
 */
export function dropRest({ req, body }: Pick<Exchange, 'req' | 'body'>, done: () => void): void {
  const over = () => {
    clearTimeout(timer)
    for (const event of ends) req.off(event, over)
    done()
  }
  const timer = setTimeout(over, lingerMs).unref()
  for (const event of ends) req.once(event, over)
  body?.drop()
  req.resume()
}
