import {
  type Config,
  ConfigHolder,
  defaultConfig,
  extendCatalogue,
  type LoadedConfig,
  loadConfig,
} from '../config/index.ts'
import type { InForce } from '../control/index.ts'
import type { Secret } from '../crypto/index.ts'
import { createPrices, type PriceUsage } from '../metering/index.ts'
import { compilePolicy, type Policy } from '../policy/index.ts'
import { catalogue, type Provider } from '../providers/index.ts'
import type { PlanLimits } from '../tenants/index.ts'
import type { Environment } from './environment.ts'
import type { Log } from './log.ts'

/** One version of the configuration, compiled: what gateway and control API work with until the next reload. */
export interface Setup {
  config: Config
  policy: Policy
  /** The catalogue with the configuration's own providers. */
  providers: readonly Provider[]
  warnings: readonly string[]
  /** The same, in the same order, as codes with facts. */
  warned: InForce['warned']
  provider(id: string): Provider | undefined
  platformKey(provider: string): Secret | undefined
  /** What an answer costs at its provider; undefined: unpriced. */
  price: PriceUsage
  /** What the plans limit, as far as snapshots must know it. */
  limits: PlanLimits
}

export interface LiveConfig {
  current(): Setup
  /** Reads the file again. With problems they are logged and the old version stays. @returns whether the new one is in force */
  reload(): boolean
}

export interface LiveConfigOptions {
  environment: Environment
  sandbox: boolean
  log: Log
}

/** @throws ConfigError when the first reading fails */
export function createLiveConfig({ environment, sandbox, log }: LiveConfigOptions): LiveConfig {
  const holder = new ConfigHolder(() => load(environment, sandbox))
  let setup = compile(holder.current)
  return {
    current: () => setup,
    reload() {
      try {
        const result = holder.reload()
        for (const { file, line, column, message, fix } of result.ok ? [] : result.problems)
          log.error('config_refused', { file, line, column, problem: message, fix })
        if (!result.ok) return false
        setup = compile(holder.current)
        log.info('config_loaded', { version: result.version, count: result.warnings.length })
        return true
      } catch (error) {
        // A file that finds a mistake in this program must not end a server that serves.
        log.error('config_refused', { file: environment.configFile, error, fix: 'Run "ownkey check" with this file.' })
        return false
      }
    },
  }
}

function load(environment: Environment, sandbox: boolean): LoadedConfig {
  if (environment.configFile === undefined) return { config: starterConfig(sandbox), warnings: [] }
  return loadConfig({ file: environment.configFile, env: environment.variables(), catalogue })
}

/** Without a file and with the sandbox on, the platform has sandbox keys too, so that a fallback can be seen. */
function starterConfig(sandbox: boolean): Config {
  const vendors = Object.keys(defaultConfig().plans['standard']?.providers ?? {}).filter((id) => id !== '*')
  const platformKeys = Object.fromEntries(vendors.map((id) => [id, 'sandbox-ok-platform']))
  return defaultConfig(sandbox ? { platformKeys } : {})
}

function compile({ config, warnings }: LoadedConfig): Setup {
  const providers = extendCatalogue(config, catalogue)
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  return {
    config,
    policy: compilePolicy(config, catalogue),
    providers,
    warnings: warnings.map(({ file, line, message, fix }) => `${file}:${line}: ${message} ${fix}`),
    warned: warnings.map(({ file, line, code, facts = {} }) => ({ place: `${file}:${line}`, code: code ?? '', facts })),
    provider: (id) => byId.get(id),
    platformKey: (id) => config.providers[id]?.platformKey,
    price: createPrices(config.prices),
    limits: limitsOf(config),
  }
}

export function limitsOf({ plans }: Config): PlanLimits {
  const all = Object.entries(plans)
  return {
    capped: all.filter(([, { caps, fallback }]) => caps.length > 0 || fallback.cap !== undefined).map(([id]) => id),
    monthlyCredits: Object.fromEntries(
      all.filter(([, plan]) => plan.monthlyCredits > 0).map(([id, plan]) => [id, plan.monthlyCredits]),
    ),
  }
}
