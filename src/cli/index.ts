/**
 * The command line: one file a command, each with `--help` and `--json`. Exit codes: 0 done, 1 failed or something is wrong
 * with what was checked, 2 the command was called wrongly.
 */
export { run } from './run.ts'
