import { ConfigError, formatProblem, loadConfig } from '../config/index.ts'
import { counted } from '../lib/index.ts'
import { catalogue } from '../providers/index.ts'
import { readConfigSource } from '../server/index.ts'
import type { CommandEntry } from './run.ts'
import type { Outcome } from './terminal.ts'

export const checkCommand: CommandEntry = {
  name: 'check',
  summary: 'check the configuration file',
  description:
    'Reads the configuration as the server would and lists every problem with file, line and column, what was expected, and the mend. Changes nothing and needs no database.',
  options: [
    {
      flags: '--config <file>',
      description: 'the configuration file (default: OWNKEY_CONFIG, or ownkey.yaml if it is there)',
    },
  ],
  async run({ config }) {
    const { configFile, variables } = readConfigSource({ configFile: config as string | undefined })
    if (configFile === undefined) return builtIn
    try {
      const { warnings } = loadConfig({ file: configFile, env: variables(), catalogue })
      const lines = [...warnings.map((warning) => `Warning: ${formatProblem(warning)}`), `${configFile} is valid.`]
      return { exitCode: 0, lines, json: { ok: true, file: configFile, problems: [], warnings } }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const { problems } = error
      const count = counted(problems.length, 'problem')
      return {
        exitCode: 1,
        lines: [...problems.map(formatProblem), `${configFile}: ${count}.`],
        json: { ok: false, file: configFile, problems, warnings: [] },
      }
    }
  },
}

const builtIn: Outcome = {
  exitCode: 0,
  lines: ['There is no configuration file; the server would start with its built-in configuration.'],
  json: { ok: true, file: null, problems: [], warnings: [] },
}
