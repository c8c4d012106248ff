/**
 * The wire truth: words, headers, error codes and, beside them, the schemas of the control API.
 * Safe in a browser; imports nothing of ours. The console and the client SDK read only this folder.
 */
export * from './errors.ts'
export * from './headers.ts'
export * from './ownkey-error.ts'
export * from './words.ts'
