/**
 * What is known of the AI providers: hosts, where the credential goes, what a key looks like, what their answers and
 * failures mean, how they count. One table entry each; nothing outside this folder knows more of a vendor or compares
 * its id. Pure, but for the minting of short-lived tokens, whose requests are sent by the caller.
 */

export { anthropicUsage } from './anthropic/usage.ts'
export { beginsLikeKey } from './begins-like-key.ts'
export { catalogue, findProvider } from './catalogue.ts'
export { openaiCompatible, ownServerNeeds } from './custom-endpoint.ts'
export { describeCatalogue } from './describe-catalogue.ts'
export * from './failure.ts'
export { googleUsage } from './gemini/usage.ts'
export * from './job-reading.ts'
export { laterUsage } from './later-usage.ts'
export { modelHints } from './model-hints.ts'
export { parseBody } from './parse-answer.ts'
export * from './provider.ts'
export { type PublishedPrice, publishedPrices } from './published-prices.ts'
export { errorLayers } from './reading/layers.ts'
export { readRetryAfter } from './reading/retry-after.ts'
export { tellingEvent } from './reading/telling-event.ts'
export { hasRoute, noModel, noRoute } from './route-problems.ts'
export * from './secret-preparation.ts'
export * from './socket-route.ts'
export * from './stream-opening.ts'
export * from './usage-reading.ts'
