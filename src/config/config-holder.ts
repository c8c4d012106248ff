import { ConfigError, type ConfigProblem } from './config-problem.ts'
import type { LoadedConfig } from './load-config.ts'

export interface CurrentConfig extends LoadedConfig {
  /** 1 for the first; one more with each successful reload. */
  version: number
}

export type ReloadResult =
  | { ok: true; version: number; warnings: readonly ConfigProblem[] }
  | { ok: false; version: number; problems: readonly ConfigProblem[] }

/** The configuration in force. A reload replaces it as a whole, or not at all. */
export class ConfigHolder {
  readonly #load: () => LoadedConfig
  #current: CurrentConfig

  /**
   * @param load reads the configuration anew, for instance `() => loadConfig({ file, env, catalogue })`
   * @throws {ConfigError} when the first reading fails
   */
  constructor(load: () => LoadedConfig) {
    this.#load = load
    this.#current = { ...load(), version: 1 }
  }

  get current(): CurrentConfig {
    return this.#current
  }

  /** Reads again. With problems the old configuration stays in force. */
  reload(): ReloadResult {
    const { version } = this.#current
    try {
      this.#current = { ...this.#load(), version: version + 1 }
    } catch (error) {
      if (error instanceof ConfigError) return { ok: false, version, problems: error.problems }
      throw error
    }
    return { ok: true, version: version + 1, warnings: this.#current.warnings }
  }
}
