/**
 * The providers, played in this process for keys that contain `sandbox`: a server on loopback that answers as each of
 * them would, with its own statuses, headers and bodies, streams included, and fails as the key's name says. For trying
 * the product without an account anywhere, and for tests. It calls nobody, keeps nothing and never echoes a prompt.
 */
export { type Behaviour, behaviourOf, behaviours, isSandboxKey } from './behaviour.ts'
export { type Sandbox, type SandboxOptions, startSandbox } from './start-sandbox.ts'
