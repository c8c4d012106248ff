/**
 * Gives the signals their meaning from the first line on. Loading the program takes a good part of a second, in which SIGHUP would
 * end the process, and the first process of a container, for which the system ignores what nobody listens for, would not
 * hear SIGTERM at all. Nothing is open yet: there is nothing to read again, and a stop is an end.
 */
export function heedEarlySignals() {
  process.on('SIGHUP', () => undefined)
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, () => {
      // Whoever listens beside this has something to close first.
      if (process.listenerCount(signal) === 1) process.exit(0)
    })
}
