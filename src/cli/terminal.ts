/** Where commands write. Lines for people, or one JSON value when `--json` was given. */
export interface Terminal {
  out(text: string): void
  error(text: string): void
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
}

/** What a command did: the exit code and what to say of it. */
export interface Outcome {
  exitCode: 0 | 1
  lines: readonly string[]
  /** What `--json` prints. */
  json: unknown
}
