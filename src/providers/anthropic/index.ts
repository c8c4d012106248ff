/** Anthropic: errors by `error.details.error_code`, cumulative usage in streams, one credential header. */
export { anthropic } from './anthropic.ts'
export { anthropicUsage, readAnthropicUsage } from './usage.ts'
