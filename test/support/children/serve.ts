/** `ownkey …` from the sources, for tests that need the server in a process of its own. */
import { run } from '../../../src/cli/index.ts'

process.exitCode = await run(process.argv)
