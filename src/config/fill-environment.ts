import { entryOf } from '../lib/index.ts'
import type { Finding, Path } from './config-problem.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** `$${` is a literal `${`. */
const reference = /\$\$\{|\$\{([^}]*)\}/g
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * The data with every `${NAME}` in its texts replaced; a variable that is unset or empty is a finding. Values of the
 * environment go into the data only, never into a finding.
 */
export function fillEnvironment(raw: unknown, env: Environment): { value: unknown; findings: Finding[] } {
  const findings: Finding[] = []
  const fill = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return value.includes('${') ? fillText(value, path) : value
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]))
  }
  const fillText = (text: string, path: Path): string =>
    text.replace(reference, (whole, name: string | undefined) => {
      if (name === undefined) return '${'
      const value = variableName.test(name) ? entryOf(env, name) : undefined
      if (value !== undefined && value !== '') return value
      findings.push(variableName.test(name) ? unset(name, path) : badName(path))
      return whole
    })
  return { value: fill(raw, []), findings }
}

function unset(name: string, path: Path): Finding {
  return {
    path,
    message: `The environment variable ${name} is not set.`,
    expected: `${name} in the server’s environment, not empty`,
    fix: `Set ${name}, or remove this field.`,
  }
}

function badName(path: Path): Finding {
  return {
    path,
    message: 'What stands in ${…} is not the name of an environment variable.',
    expected: '${NAME}: letters, digits and "_"',
    fix: 'Write the name of a variable, or $${ for a literal ${.',
  }
}
