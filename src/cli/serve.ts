import { join, relative } from 'node:path'
import { createLog, type Environment, readEnvironment, runServer, type Started } from '../server/index.ts'
import { prepareDemo, showSteps } from './first-steps.ts'
import type { CommandEntry } from './run.ts'
import { showError } from './show-error.ts'

export const serveCommand: CommandEntry = {
  name: 'serve',
  summary: 'start the server',
  description:
    'Starts gateway, control API and pages on HOST:PORT. SIGHUP reads the configuration again; SIGTERM and Ctrl-C let open requests finish for up to 30 seconds.',
  options: [
    {
      flags: '--config <file>',
      description: 'the configuration file (default: OWNKEY_CONFIG, or ownkey.yaml if it is there)',
    },
    { flags: '--sandbox', description: 'also play the providers: keys that contain "sandbox" never leave the process' },
  ],
  async run(options, terminal) {
    const environment = readEnvironment({ configFile: options['config'] as string | undefined })
    const sandbox = options['sandbox'] === true
    return runServer({
      environment,
      sandbox,
      log: createLog({ level: environment.logLevel }),
      ready: async (started, stopping) => {
        if (options['json']) return terminal.out(JSON.stringify(started))
        const lines = await welcome(environment, started, sandbox)
        // What could not be prepared because the server stops is no fault of it.
        for (const line of stopping.aborted ? [] : lines) terminal.out(line)
      },
    })
  },
}

/** What a person sees at a start. In production: the address alone. */
async function welcome(environment: Environment, { url, signIn }: Started, sandbox: boolean): Promise<string[]> {
  if (environment.production) return [`Ownkey listens on ${url}`]
  const lines = ['', `Ownkey is running on ${url}`, '']
  if (sandbox)
    lines.push('Sandbox is on: keys that contain "sandbox" are answered here and never leave this process.', '')
  if (signIn) lines.push('Open the console (this link works once):', `  ${signIn}`, '')
  if (!environment.adminToken)
    lines.push(`The operator’s token is in ${relative('.', join(environment.dataDir, 'admin-token'))}`, '')
  // Only with the built-in configuration something is made unasked: the organizations of a file are real.
  const firstSteps = environment.configFile === undefined ? prepareDemo : showSteps
  if (sandbox) lines.push(...(await firstSteps(environment, url).catch(noFirstSteps)), '')
  return lines
}

/** What cannot be shown is no reason to end a server that serves. */
function noFirstSteps(error: unknown): string[] {
  return ['A first request to paste could not be prepared:', ...showError(error).lines.map((line) => `  ${line}`)]
}
