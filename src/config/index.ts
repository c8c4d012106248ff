/**
 * The configuration file: its schema, how it is read, and how what is wrong with it is told: file, line, column, what
 * was expected and what to write instead, all problems at once. Nothing of a tenant is in here.
 */
export { bareModel, compileModelRules, type ModelRules, type ModelVerdict } from './compile-model-rules.ts'
export { ConfigHolder, type ReloadResult } from './config-holder.ts'
export { configJsonSchema } from './config-json-schema.ts'
export { ConfigError, type ConfigProblem, formatProblem } from './config-problem.ts'
export { defaultConfig } from './default-config.ts'
export { type CatalogueEntry, extendCatalogue, findProvider } from './extend-catalogue.ts'
export { type LoadConfigOptions, type LoadedConfig, loadConfig } from './load-config.ts'
export type { Config, Feature, Plan, ProviderConfig } from './schema.ts'
export type { OidcConfig } from './sign-in-schema.ts'
