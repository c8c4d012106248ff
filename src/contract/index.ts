/**
 * The wire truth: words, headers, error codes and, beside them, the schemas of the control API.
 * Safe in a browser; imports nothing of ours. The console and the client SDK read only this folder.
 */
export * from './audit.ts'
export * from './deletions.ts'
export * from './errors.ts'
export * from './explain.ts'
export * from './fields.ts'
export * from './headers.ts'
export * from './keys.ts'
export * from './notices.ts'
export * from './operator.ts'
export * from './orgs.ts'
export * from './ownkey-error.ts'
export * from './page.ts'
export * from './problem.ts'
export * from './sessions.ts'
export * from './settings.ts'
export * from './tokens.ts'
export * from './try-out.ts'
export * from './usage.ts'
export * from './webhooks.ts'
export * from './words.ts'
