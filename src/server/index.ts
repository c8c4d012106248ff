/**
 * The composition root: reads the environment, opens the database, wires every part to the others, listens, reloads and
 * shuts down. The only folder that reads `process.env`, and the only one that knows all the others.
 */
export { adminTokenOf, knownAdminToken } from './admin-token.ts'
export {
  type Environment,
  EnvironmentError,
  type EnvironmentOverrides,
  readConfigSource,
  readEnvironment,
} from './environment.ts'
export { generatedSecret } from './generated-secret.ts'
export { localUrl } from './local-url.ts'
export { createLog, describeError, type Log } from './log.ts'
export { openControl } from './open-control.ts'
export { hasDatabase, hasMasterKey, keyringOf, type OpenVault, openVault } from './open-vault.ts'
export { type RunServerOptions, runServer, type Started } from './run-server.ts'
export { type RunningServer, type StartServerOptions, startServer } from './start-server.ts'
export { version } from './version.ts'
