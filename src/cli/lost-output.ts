/**
 * Lets a command go on when nobody reads what it says any more (`ownkey doctor | head -1`): what it does is done to its end
 * and its exit code stays. Output that cannot be written for another reason, a full disk, is a failure.
 */
export function surviveLostOutput(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return
    process.once('exit', () => {
      process.exitCode = 1
    })
    process.stderr.write(`The output could not be written (${code}).\n`)
  })
  // There is no place left to tell that in.
  process.stderr.on('error', () => {})
}
