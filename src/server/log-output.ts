import { type DestinationStream, pino } from 'pino'

/** What waits for a disk or a reader; lines beyond it are lost. */
const longestWait = 1024 * 1024

/**
 * Standard output for the log. What cannot be written now, on a full disk for instance, is tried again with each later line, and is
 * no reason for the server to end; nor does its end wait for it.
 */
export function openLogOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false, maxLength: longestWait })
  const flush = output.flushSync.bind(output)
  output.on('error', () => {
    // It would try for ever.
    output.flushSync = () => {}
  })
  output.on('write', () => {
    output.flushSync = flush
  })
  return output
}
