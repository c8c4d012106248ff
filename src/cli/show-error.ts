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
  if (error instanceof OwnkeyError) {
    return {
      lines: [error.message, `  ${error.fix}`],
      json: { error: { code: error.code, message: error.message, fix: error.fix } },
    }
  }
  const place = describeError(error)
  return {
    lines: ['Something went wrong that should not.', JSON.stringify(place, undefined, 2)],
    json: { error: { code: 'internal', place } },
  }
}
