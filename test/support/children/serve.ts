/** `ownkey …` from the sources, for tests that need the server in a process of its own. */
import { run } from '../../../src/cli/index.ts'

// A server that is to be killed at a point that only it knows of; `die-at.ts` says how.
if (process.env['CHAOS_PLAN'] !== undefined) await import('./die-at.ts')
// One that is to die of an exception.
if (process.env['THROWN'] !== undefined) await import('./throw-at-answer.ts')

process.exitCode = await run(process.argv)
