import { checkProviders } from './check-providers.ts'
import { checkReferences } from './check-references.ts'
import { readDocument } from './config-document.ts'
import { ConfigError, type ConfigProblem, type Finding } from './config-problem.ts'
import type { CatalogueEntry } from './extend-catalogue.ts'
import { type Environment, fillEnvironment } from './fill-environment.ts'
import { findWarnings } from './find-warnings.ts'
import { readConfigFile } from './read-config-file.ts'
import { resolveNames } from './resolve-names.ts'
import { type Config, configSchema } from './schema.ts'
import { schemaFindings } from './schema-findings.ts'

export interface LoadConfigOptions {
  /** The file's path; also its name in problems. */
  file?: string | undefined
  /** The file's text, when it is had already. */
  text?: string | undefined
  env: Environment
  catalogue: readonly CatalogueEntry[]
}

export interface LoadedConfig {
  /** Every default filled in; providers under their catalogue ids; secrets as `Secret`. */
  config: Config
  warnings: readonly ConfigProblem[]
}

/**
 * Reads the configuration.
 * @throws {ConfigError} with every problem at once: syntax, unknown fields, wrong values, names that refer to nothing, and
 *   environment variables that are not set. Values of the environment are in none of them.
 */
export function loadConfig({ file = 'ownkey.yaml', text, env, catalogue }: LoadConfigOptions): LoadedConfig {
  const document = readDocument(text ?? readConfigFile(file), file)
  if (document.raw === undefined) throw new ConfigError(document.problems)

  const { raw, place } = document
  const { value, findings: unset } = fillEnvironment(raw, env)
  const parsed = configSchema.safeParse(value)
  const findings = [
    ...unset,
    ...checkReferences(raw, catalogue),
    ...checkProviders(raw, catalogue),
    ...(parsed.success ? [] : schemaFindings(parsed.error.issues, raw)),
  ]
  const problems = [...document.problems, ...firstPerPath(findings).map(place)]
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems.sort(byPlace))

  const config = resolveNames(parsed.data, catalogue)
  return { config, warnings: findWarnings(config, { raw, catalogue }).map(place).sort(byPlace) }
}

/** One mistake often breaks several rules; the first one found says it best. */
function firstPerPath(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ path }) => {
    const key = JSON.stringify(path)
    return !seen.has(key) && seen.add(key)
  })
}

function byPlace(one: ConfigProblem, other: ConfigProblem): number {
  return one.line - other.line || one.column - other.column
}
