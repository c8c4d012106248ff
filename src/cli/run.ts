import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { version } from '../server/index.ts'
import { acceptDatabaseCommand } from './accept-database.ts'
import { checkCommand } from './check.ts'
import { doctorCommand } from './doctor.ts'
import { explainCommand } from './explain.ts'
import { surviveLostOutput } from './lost-output.ts'
import { rotateMasterKeyCommand } from './rotate-master-key.ts'
import { serveCommand } from './serve.ts'
import { showError } from './show-error.ts'
import { type Outcome, processTerminal, type Terminal } from './terminal.ts'
import { verifyAuditCommand } from './verify-audit.ts'

/** Options of a command as commander gives them; every command has `json`. */
export type Options = Readonly<Record<string, string | boolean | undefined>>

export interface CommandEntry {
  /** One word, or two where commands belong together (`master-key rotate`). */
  name: string
  summary: string
  /** Longer help: what it reads and changes. */
  description: string
  options: readonly { flags: string; description: string; required?: boolean }[]
  /** A number is an exit code: the command has said all that there is to say. */
  run(options: Options, terminal: Terminal): Promise<Outcome | number>
}

const commands: readonly CommandEntry[] = [
  serveCommand,
  checkCommand,
  doctorCommand,
  explainCommand,
  rotateMasterKeyCommand,
  verifyAuditCommand,
  acceptDatabaseCommand,
]

const groups: Readonly<Record<string, string>> = {
  'master-key': 'The key that encrypts all stored keys.',
  audit: 'The log of every change.',
  database: 'The database that everything is in.',
}

/**
 * @param argv as in `process.argv`
 * @returns the exit code; what goes wrong is told on the terminal and not thrown
 */
export async function run(argv: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  if (terminal === processTerminal) surviveLostOutput()
  const state = { exitCode: 0 }
  const program = buildProgram(argv.includes('--json') ? withJsonErrors(terminal) : terminal, state)
  try {
    await program.parseAsync([...argv])
    return state.exitCode
  } catch (error) {
    // Commander has already said what is wrong; help and version end here too, with 0.
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}

interface Exit {
  exitCode: number
}

/** What is wrong with a call, as one JSON value where machines read. */
function withJsonErrors(terminal: Terminal): Terminal {
  const tell = (text: string) => {
    const [said = '', ...more] = text.replace(/^error: /, '').split('\n')
    const fix = more.join(' ').trim() || 'Run the command with --help to see what it takes.'
    terminal.out(JSON.stringify({ error: { code: 'usage', message: said, fix } }, undefined, 2))
  }
  return { out: terminal.out, error: tell }
}

function buildProgram(terminal: Terminal, exit: Exit): Command {
  const program = withExits(new Command('ownkey'), terminal)
    .description('A gateway, a vault and a settings page for customers’ own AI provider keys.')
    .version(version)
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 called wrongly.')
  for (const entry of commands) addCommand(program, entry, { terminal, exit })
  return program
}

function addCommand(
  program: Command,
  entry: CommandEntry,
  { terminal, exit }: { terminal: Terminal; exit: Exit },
): void {
  const [first = '', second] = entry.name.split(' ')
  const parent = second === undefined ? program : groupOf(program, first, terminal)
  const command = withExits(parent.command(second ?? first), terminal)
    .summary(entry.summary)
    .description(entry.description)
    .allowExcessArguments(false)
  for (const { flags, description, required } of entry.options) {
    if (required) command.requiredOption(flags, description, notEmpty)
    else if (flags.includes('<')) command.option(flags, description, notEmpty)
    else command.option(flags, description)
  }
  command.option('--json', 'one JSON value instead of lines for people')
  command.action(async (options: Options) => {
    exit.exitCode = await runEntry(entry, options, terminal)
  })
}

/** An empty value is a variable that was not set, never a wish. */
function notEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.')
  return value
}

function groupOf(program: Command, name: string, terminal: Terminal): Command {
  const found = program.commands.find((command) => command.name() === name)
  return found ?? withExits(program.command(name), terminal).description(groups[name] ?? '')
}

function withExits(command: Command, terminal: Terminal): Command {
  return command.exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text.trimEnd()),
    writeErr: (text) => terminal.error(text.trimEnd()),
  })
}

async function runEntry(entry: CommandEntry, options: Options, terminal: Terminal): Promise<number> {
  try {
    const outcome = await entry.run(options, terminal)
    if (typeof outcome === 'number') return outcome
    if (options.json) terminal.out(JSON.stringify(outcome.json, undefined, 2))
    else for (const line of outcome.lines) (outcome.exitCode === 0 ? terminal.out : terminal.error)(line)
    return outcome.exitCode
  } catch (error) {
    const shown = showError(error)
    if (options.json) terminal.out(JSON.stringify(shown.json, undefined, 2))
    else for (const line of shown.lines) terminal.error(line)
    return 1
  }
}
