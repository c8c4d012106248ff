import { ConfigError, formatProblem } from '../config/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { describeError, EnvironmentError } from '../server/index.ts'

/** The error as lines for people and as a value for machines. Messages of foreign errors are not shown: they quote input. */
export function showError(error: unknown): { lines: string[]; json: unknown } {
  if (error instanceof EnvironmentError) {
    return {
      lines: ['The environment is not right:', ...error.problems.map((problem) => `  - ${problem}`)],
      json: { error: { code: 'environment_invalid', problems: error.problems } },
    }
  }
  if (error instanceof ConfigError) {
    return {
      lines: ['The configuration cannot be used:', ...error.problems.map(formatProblem)],
      json: { error: { code: 'config_invalid', problems: error.problems } },
    }
  }
  const known = systemProblem(error)
  if (known) return { lines: [known.message, `  ${known.fix}`], json: { error: { code: 'unavailable', ...known } } }
  if (error instanceof OwnkeyError) {
    return {
      lines: [error.message, `  ${error.fix}`],
      json: { error: { code: error.code, message: error.message, fix: error.fix } },
    }
  }
  const place = describeError(error)
  return {
    lines: [
      'Something went wrong in Ownkey itself. Please report it with these lines:',
      JSON.stringify(place, undefined, 2),
    ],
    json: { error: { code: 'internal', place } },
  }
}

export const mayNotMakeTables = {
  message: 'The user in DATABASE_URL may not do in its database what the server must: make tables and use them.',
  fix: 'Make it the owner of the database (ALTER DATABASE … OWNER TO …), or GRANT CREATE, USAGE ON SCHEMA public TO it; tables of another user must be given to it (ALTER TABLE … OWNER TO …).',
}

export const takesNoWrites = {
  message: 'The database in DATABASE_URL takes no writes.',
  fix: 'Name the primary if this is a standby; otherwise default_transaction_read_only is on for the server, the database or the user.',
}

/** What a command can say better than the server, whose callers are not its operators. */
function systemProblem(error: unknown): Told | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  return problems[String(code)] ?? problems[String(cause?.code)]
}

const tooFewFiles = {
  message: 'Too few files may be open at once.',
  fix: 'Let the process open 65536: "ulimit -n 65536", LimitNOFILE=65536 for systemd, --ulimit nofile=65536 for Docker.',
}

interface Told {
  message: string
  fix: string
}

/** What the system says, and what PostgreSQL (SQLSTATE) of a database that was set up in another way than the server needs it. */
const problems: Readonly<Record<string, Told>> = {
  EMFILE: tooFewFiles,
  ENFILE: tooFewFiles,
  '25006': takesNoWrites,
  '42501': mayNotMakeTables,
  '3F000': {
    message: 'The user in DATABASE_URL has no schema in which the server could make its tables.',
    fix: 'CREATE SCHEMA public, or name one in the user’s search_path (ALTER ROLE … SET search_path = …).',
  },
}
