/**
 * Trying a key: the provider's probes, what their answers mean in words, and how often it may be done. The only thing
 * here that touches the outside is the `send` that is given.
 */
export { limitTests } from './limit-tests.ts'
export type { KeyTarget } from './run-probe.ts'
export { type KeyTestInput, type KeyTestResult, testKey } from './test-key.ts'
export { failureOf, sentencesFor, sentencesOfKey } from './verdicts.ts'
